#include "supervision/member_facts.h"

#include <algorithm>

#include "base/encoding.h"
#include "security/ca.h"
#include "supervision/process_spec.h"

namespace keelson {
namespace {

constexpr TrustDomain kDomains[] = {TrustDomain::control, TrustDomain::members, TrustDomain::services};

/// A file that holds the root of this domain and no other.
const TrustFile* only_of(const Instance& instance, TrustDomain domain) {
  for (const TrustFile& file : instance.trust)
    if (file.domains == std::vector<TrustDomain>{domain}) return &file;
  return nullptr;
}

}  // namespace

MemberFacts member_facts(const Instance& instance, const std::string& probe_trust, const std::string& probe_password) {
  MemberFacts out{instance.name, instance.stop_signal, instance.stop_timeout_ms, instance.ready, instance.leadership};
  for (const TrustDomain domain : kDomains) {
    const std::string key(name(domain));
    if (const TrustFile* file = only_of(instance, domain)) out.trust[key] = instance.place.tls + "/" + file->name + ".crt";
    else if (instance.ready.tls && domain == instance.ready.trust) out.trust[key] = probe_trust;
    const auto own = std::find_if(instance.certificates.begin(), instance.certificates.end(), [&](const Certificate& one) { return one.client && one.domain == domain; });
    if (own != instance.certificates.end()) out.certificates[key] = instance.place.tls + "/" + own->name;
  }
  if (!instance.ready.secret.empty()) out.secrets[instance.ready.secret] = probe_password;
  return out;
}

Json to_json(const MemberFacts& facts) {
  return Json::object()
      .set("instance", facts.instance)
      .set("stop_signal", facts.stop_signal)
      .set("stop_timeout_ms", facts.stop_timeout_ms)
      .set("ready", to_json(facts.ready))
      .set("leadership", to_json(facts.leadership))
      .set("trust", string_map_json(facts.trust))
      .set("certificates", string_map_json(facts.certificates))
      .set("secrets", string_map_json(facts.secrets));
}

Result<MemberFacts> member_facts_from(const std::string& text) {
  KEELSON_TRY(const Json json, parse_json(text));
  KEELSON_TRY(const Probe ready, probe_from_json(json["ready"]));
  MemberFacts out{json["instance"].as_string(),
                  static_cast<int>(json["stop_signal"].as_int(15)),
                  static_cast<int>(json["stop_timeout_ms"].as_int(30'000)),
                  ready,
                  leadership_from_json(json["leadership"]),
                  string_map_from(json["trust"]),
                  string_map_from(json["certificates"]),
                  string_map_from(json["secrets"])};
  if (out.instance.empty() || out.leadership.kind.empty()) return fail("not the facts of a member that may lead");
  return out;
}

}  // namespace keelson
