#pragma once
#include <map>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "component/instance.h"

namespace keelson {

/// What `keelson member` goes by as the first process of a container whose instance may lead: a file mounted beside the instance's own,
/// the same on every runtime that has containers. Paths are those inside. Holds no secret.
struct MemberFacts {
  std::string instance = {};
  int stop_signal = 15;
  int stop_timeout_ms = 30'000;
  Probe ready = {};
  Leadership leadership = {};
  std::map<std::string, std::string> trust = {};         ///< domain -> PEM file with its root
  std::map<std::string, std::string> certificates = {};  ///< domain -> the instance's own client certificate, without ".crt" and ".key"
  std::map<std::string, std::string> secrets = {};       ///< name -> file whose bytes it is
  bool operator==(const MemberFacts&) const = default;
};

/// Its name among the instance's configuration files.
inline constexpr std::string_view kMemberFile = "keelson-member.json";

/// Of an instance that may lead. `probe_trust` and `probe_password` are the files that the container's health check uses.
MemberFacts member_facts(const Instance& instance, const std::string& probe_trust, const std::string& probe_password);

Json to_json(const MemberFacts& facts);
Result<MemberFacts> member_facts_from(const std::string& text);

}  // namespace keelson
