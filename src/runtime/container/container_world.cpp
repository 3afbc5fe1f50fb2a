#include "runtime/container/container_world.h"

#include "security/ca.h"
#include "system/files.h"

namespace keelson::container {
namespace {

/// A path that is not there: what opens it says so by name.
std::string found(const std::map<std::string, std::string>& map, TrustDomain domain, const char* suffix) {
  const auto entry = map.find(std::string(name(domain)));
  return entry == map.end() ? "no file of the domain " + std::string(name(domain)) : entry->second + suffix;
}

}  // namespace

Result<Secret> ContainerWorld::secret(const std::string& name) {
  const auto file = facts_.secrets.find(name);
  if (file == facts_.secrets.end()) return fail("the container does not hold this secret", name);
  RealFiles real_files;
  Files& files = real_files;
  KEELSON_TRY(const std::string bytes, files.read(file->second, 4096));
  return Secret(bytes);
}

std::string ContainerWorld::trust_file(TrustDomain domain) { return found(facts_.trust, domain, ""); }
std::string ContainerWorld::certificate_file(TrustDomain domain) { return found(facts_.certificates, domain, ".crt"); }
std::string ContainerWorld::key_file(TrustDomain domain) { return found(facts_.certificates, domain, ".key"); }

}  // namespace keelson::container
