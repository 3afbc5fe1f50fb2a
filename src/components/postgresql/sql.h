#pragma once
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "component/setting.h"
#include "component/text.h"

namespace keelson::postgresql {

/// `"name"`, safe as an identifier whatever it holds.
std::string quote_identifier(std::string_view name);
/// `'text'`, safe as a literal with standard_conforming_strings on (PostgreSQL's default).
std::string quote_literal(std::string_view text);

/// What the blueprint wants inside the server.
struct Wish {
  struct Database {
    std::string name;
    std::string owner;
    std::vector<std::string> extensions = {};
  };
  std::string component;  ///< role `x` has the secret `<component>/x`
  std::vector<Database> databases = {};
};
Wish wish_of(std::string_view component, const Settings& settings);

/// What is inside the server now.
struct Found {
  struct Role {
    bool login = true;
    bool privileged = false;     ///< superuser, createdb, createrole, replication or bypassrls
    bool password_fits = false;  ///< the stored verifier belongs to the secret
  };
  struct Database {
    std::string owner = {};
    bool public_connects = true;           ///< PUBLIC may connect or make temporary tables
    std::set<std::string> connects = {};   ///< roles granted CONNECT by name
    std::string schema_owner = "pg_database_owner";  ///< of schema public; PostgreSQL 15's default
    bool public_uses_schema = true;
    std::string lookup = {};               ///< body of pgb.lookup; "" = absent
    std::set<std::string> extensions = {};
  };
  std::map<std::string, Role> roles = {};
  std::map<std::string, Database> databases = {};
};

/// A server as initdb leaves it.
Found fresh_server();

/// One thing that is missing or wrong, and the SQL that mends it. Each piece may be run twice.
struct Change {
  std::string what;      ///< "database nexus_architect"
  std::string reason;    ///< "does not exist"
  std::string database;  ///< where to run it
  std::vector<Text> sql; ///< statements without the final semicolon, in order
};

/// Everything needed to get from `found` to `wish`, in an order that works. Pure. Never takes anything away from roles and
/// databases that the blueprint does not name, but for PUBLIC's right to connect to `postgres` and `template1`.
std::vector<Change> missing(const Wish& wish, const Found& found);

/// The changes as one psql script: what Patroni runs once in a new cluster.
Text psql_script(const std::vector<Change>& changes);

/// Body of pgb.lookup, by which the pooler asks for a role's verifier.
std::string lookup_body();

}  // namespace keelson::postgresql
