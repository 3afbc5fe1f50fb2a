#include "components/postgresql/databases.h"

#include <set>

namespace keelson::postgresql {
namespace {

const std::set<std::string, std::less<>> kReservedRoles = {"postgres", "replicator", "rewind", "pgb_auth", "public", "none"};
const std::set<std::string, std::less<>> kReservedDatabases = {"postgres", "template0", "template1", "pgbouncer"};

tl::unexpected<Error> impossible(std::string what, std::string why, std::string next) {
  return fail_as(ErrorCode::invalid_blueprint, "databases: " + std::move(what), {}, std::move(why), std::move(next));
}

/// Where any of the owner's databases pins it; "" = generated.
std::string pinned_password(const Settings& settings, const std::string& owner) {
  for (const SettingValue& database : at(settings, "databases").list())
    if (text(database.object(), "owner") == owner && has(database.object(), "password")) return text(database.object(), "password");
  return {};
}

}  // namespace

Result<void> check_databases(const Settings& settings) {
  std::set<std::string> names;
  for (const SettingValue& database : at(settings, "databases").list()) {
    const std::string& name = text(database.object(), "name");
    const std::string& owner = text(database.object(), "owner");
    if (kReservedDatabases.contains(name)) return impossible(name + " is taken", "PostgreSQL or the pooler owns it", "choose another name");
    if (kReservedRoles.contains(owner) || owner.starts_with("pg_"))
      return impossible("owner " + owner + " of " + name + " is taken", "it is a role of the system", "choose another name");
    if (!names.insert(name).second) return impossible(name + " stands there twice", "a database has one owner", "remove one of them");
    if (has(database.object(), "password") && text(database.object(), "password") != pinned_password(settings, owner))
      return impossible("two passwords are pinned for " + owner, "a role has one", "write the same, or only one of them");
  }
  return {};
}

std::vector<EndpointUser> users_of(const std::string& component, const Settings& settings) {
  std::vector<EndpointUser> out;
  std::set<std::string> seen;
  for (const SettingValue& database : at(settings, "databases").list()) {
    const std::string& owner = text(database.object(), "owner");
    if (seen.insert(owner).second) out.push_back({owner, component + "/" + owner});
  }
  out.push_back({"postgres", ""});
  return out;
}

std::vector<SecretSpec> passwords_of(const std::string& component, const Settings& settings) {
  std::vector<SecretSpec> out;
  for (const EndpointUser& user : users_of(component, settings))
    if (!user.secret.empty()) out.push_back({.name = user.secret, .purpose = "password of PostgreSQL role " + user.name, .pinned = pinned_password(settings, user.name)});
  return out;
}

}  // namespace keelson::postgresql
