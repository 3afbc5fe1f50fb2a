#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "component/instance.h"
#include "component/kind.h"

namespace keelson {

class Layout;

/// One process of an engine on a developer's machine: plaintext, passwords that everybody knows, no failover, so that names can mean roles. Plain data.
struct DevelopmentService {
  std::string name = {};                  ///< "redis-master"
  std::string artifact = {};
  std::vector<std::string> command = {};  ///< absolute program path first
  std::vector<std::pair<std::string, std::string>> environment = {};  ///< complete; never a secret
  std::vector<std::string> healthy = {};  ///< a command inside whose exit code is 0 when it serves
  int port = 0;
  int published = 0;                      ///< on 127.0.0.1 of the machine
  std::vector<std::string> after = {};    ///< services that must be healthy before it is started
  std::int64_t memory_limit = 0;          ///< bytes, 0 = none
};

/// A component as a handbook has it for development. Each of its services is alone in its container, at the layout's one place.
struct Development {
  std::vector<DevelopmentService> services = {};
  std::vector<ConfigFile> files = {};     ///< under Place::config of all of them
  std::vector<SecretSpec> secrets = {};
};

struct DevelopmentInput {
  std::string_view component;
  const Settings& settings;
  const Layout& layout;
};

}  // namespace keelson
