#pragma once
#include <string>
#include <vector>

#include "protocol/http.h"
#include "protocol/pg.h"
#include "protocol/resp.h"
#include "runtime/runtime.h"

namespace keelson {

/// A foundation that stands, and what may be asked of it. Borrows the first two.
struct Standing {
  const Foundation& foundation;
  Runtime& runtime;
  std::string state_dir;
};

}  // namespace keelson

/// How checks and drills become clients: the same names, roots and passwords that the access sheet tells people.
namespace keelson::clients {

/// A name to verify and a place to connect to.
struct Target {
  std::string name;     ///< short name, for evidence
  std::string host;     ///< full name that the certificate must carry
  std::string address;
  int port = 0;
  std::string component;

  std::string where() const { return name + " (" + address + ":" + std::to_string(port) + ")"; }
};
Target target_of(const Foundation& foundation, const Endpoint& endpoint);
Target target_of(const Foundation& foundation, const Member& member, int port);

/// A database and the role that owns it.
struct Database {
  std::string name;
  std::string owner;
  std::string secret;
};

/// What the PostgreSQL checks look at; one for each component of kind `postgresql`.
struct PostgresqlView {
  const Component* component = nullptr;
  const Endpoint* primary = nullptr;  ///< never null
  const Endpoint* replica = nullptr;  ///< null with one member
  const Endpoint* pooler = nullptr;   ///< null without a pooler
  std::vector<Database> databases = {};
};
std::vector<PostgresqlView> postgresql_of(const Foundation& foundation);

struct RedisView {
  const Component* component = nullptr;
  const Endpoint* master = nullptr;    ///< never null
  const Endpoint* replica = nullptr;   ///< null with one member
  const Component* sentinels = nullptr;
};
std::vector<RedisView> redis_of(const Foundation& foundation);

/// The address of a session as `user`, verified by the services root, without a password yet.
PgAddress pg_address(World& world, const Target& target, const std::string& database, const std::string& user);
/// A session with the password that the secret names.
Result<PgConnection> open_pg(World& world, const Target& target, const Database& database);
/// The administrator: over the member's own socket (only root or the member's user may), or in a container by keelson's certificate.
Result<PgConnection> open_pg_admin(World& world, const Member& member, const std::string& database = "postgres");
/// The member that is primary, asked of the members themselves.
Result<const Member*> primary_member(World& world, const Component& component);
/// True when the error is PostgreSQL's with this SQLSTATE ("25006").
bool has_sqlstate(const Error& error, std::string_view sqlstate);

/// A logged-in Redis or Sentinel session, verified by the services root.
Result<RespClient> open_redis(World& world, const Target& target, const std::string& user, const std::string& secret);
/// The same without a login.
Result<RespClient> dial_redis(World& world, const Target& target);
/// One command and its reply's text: an error reply is an Error.
Result<RespValue> ask(RespClient& client, const std::vector<std::string>& command);

/// Runs `once` until it is true or `within_ms` passed; false then.
bool eventually(int within_ms, const std::function<bool()>& once);

/// "a, b, c".
std::string joined(const std::vector<std::string>& parts, std::string_view separator = ", ");

}  // namespace keelson::clients
