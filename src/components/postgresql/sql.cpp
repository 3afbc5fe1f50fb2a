#include "components/postgresql/sql.h"

#include "component/template.h"
#include "postgresql_conf.h"

namespace keelson::postgresql {
namespace {

constexpr std::string_view kUnprivileged = "login nosuperuser nocreatedb nocreaterole noreplication nobypassrls";
/// What pg_rewind needs (PostgreSQL 15, pg_rewind, Notes).
constexpr std::string_view kRewindFunctions[] = {
    "pg_ls_dir(text, boolean, boolean)", "pg_stat_file(text, boolean)", "pg_read_binary_file(text)",
    "pg_read_binary_file(text, bigint, bigint, boolean)",
};

std::string quoted(std::string_view text, char quote) {
  std::string out(1, quote);
  for (const char c : text) {
    if (c == '\0') continue;  // cannot occur in a value PostgreSQL stores
    out += c;
    if (c == quote) out += c;
  }
  return out + quote;
}

/// `'<verifier>'`: base64 and digits, nothing that needs escaping.
Text verifier(const Wish& wish, const std::string& role) {
  Text out("'");
  out.add(SecretRef{wish.component + "/" + role, SecretForm::scram_sha_256});
  out.add(std::string("'"));
  return out;
}

/// Collects the changes in order.
class Difference {
 public:
  Difference(const Wish& wish, const Found& found) : wish_(wish), found_(found) {}

  std::vector<Change> run() {
    add_system_roles();
    std::set<std::string> owners;
    for (const auto& database : wish_.databases)
      if (owners.insert(database.owner).second) add_owner(database.owner);
    close_system_databases();
    for (const auto& database : wish_.databases) add_database(database);
    return std::move(changes_);
  }

 private:
  void change(std::string what, std::string reason, std::string database, std::vector<Text> sql) {
    changes_.push_back({std::move(what), std::move(reason), std::move(database), std::move(sql)});
  }

  /// Roles of the machinery. They log in with a client certificate only and have no password.
  void add_system_roles() {
    if (!found_.roles.contains("replicator"))
      change("role replicator", "does not exist", "postgres", {Text("create role replicator login replication")});
    if (!found_.roles.contains("rewind")) {
      std::vector<Text> sql{Text("create role rewind " + std::string(kUnprivileged)), Text("grant connect on database postgres to rewind")};
      for (const std::string_view function : kRewindFunctions)
        sql.emplace_back("grant execute on function pg_catalog." + std::string(function) + " to rewind");
      change("role rewind", "does not exist", "postgres", std::move(sql));
    }
    const auto pooler = found_.roles.find("pgb_auth");
    const std::string flags = " pgb_auth " + std::string(kUnprivileged);
    if (pooler == found_.roles.end()) change("role pgb_auth", "does not exist", "postgres", {Text("create role" + flags)});
    else if (pooler->second.privileged || !pooler->second.login)
      change("role pgb_auth", "has other rights than it needs", "postgres", {Text("alter role" + flags)});
  }

  void add_owner(const std::string& role) {
    const std::string name = quote_identifier(role), what = "role " + role;
    const auto known = found_.roles.find(role);
    if (known == found_.roles.end()) {
      Text sql("create role " + name + " " + std::string(kUnprivileged) + " password ");
      return change(what, "does not exist", "postgres", {sql.add(verifier(wish_, role))});
    }
    if (known->second.privileged || !known->second.login)
      change(what, "has other rights than its database needs", "postgres", {Text("alter role " + name + " " + std::string(kUnprivileged))});
    if (!known->second.password_fits) {
      Text sql("alter role " + name + " password ");
      change(what, "its password is not the secret", "postgres", {sql.add(verifier(wish_, role))});
    }
  }

  void close_system_databases() {
    for (const std::string name : {"postgres", "template1"}) {
      const auto known = found_.databases.find(name);
      if (known != found_.databases.end() && known->second.public_connects)
        change("access to database " + name, "every role may connect", "postgres", {Text("revoke all on database " + name + " from public")});
    }
  }

  void add_database(const Wish::Database& wanted) {
    const std::string name = quote_identifier(wanted.name), owner = quote_identifier(wanted.owner);
    Found::Database now;
    const auto known = found_.databases.find(wanted.name);
    if (known == found_.databases.end()) {
      change("database " + wanted.name, "does not exist", "postgres", {Text("create database " + name + " owner " + owner)});
    } else {
      now = known->second;
      if (now.owner != wanted.owner)
        change("database " + wanted.name, "belongs to " + now.owner, "postgres", {Text("alter database " + name + " owner to " + owner)});
    }
    if (now.public_connects)
      change("access to database " + wanted.name, "every role may connect", "postgres", {Text("revoke all on database " + name + " from public")});
    if (!now.connects.contains("pgb_auth"))
      change("access to database " + wanted.name, "the pooler may not connect", "postgres", {Text("grant connect on database " + name + " to pgb_auth")});
    if (now.schema_owner != wanted.owner || now.public_uses_schema)
      change("schema public of " + wanted.name, now.schema_owner != wanted.owner ? "belongs to " + now.schema_owner : "every role may use it", wanted.name,
             {Text("alter schema public owner to " + owner), Text("revoke all on schema public from public")});
    if (now.lookup != lookup_body()) add_lookup(wanted.name, now.lookup.empty() ? "does not exist" : "was changed");
    for (const std::string& extension : wanted.extensions)
      if (!now.extensions.contains(extension))
        change("extension " + extension + " in " + wanted.name, "does not exist", wanted.name,
               {Text("create extension if not exists " + quote_identifier(extension) + " schema public")});
  }

  void add_lookup(const std::string& database, std::string reason) {
    const auto filled = fill("pooler_lookup.sql", conf::postgresql::pooler_lookup_sql, {{"body", lookup_body()}});
    std::string text = filled ? filled->redacted() : std::string();
    std::vector<Text> sql;
    while (!text.empty()) {  // one statement a line group; none holds ";\n" inside
      const std::size_t end = text.find(";\n");
      sql.emplace_back(text.substr(0, end));
      text.erase(0, end == std::string::npos ? end : end + 2);
    }
    change("pooler look-up in " + database, std::move(reason), database, std::move(sql));
  }

  const Wish& wish_;
  const Found& found_;
  std::vector<Change> changes_;
};

}  // namespace

std::string quote_identifier(std::string_view name) { return quoted(name, '"'); }
std::string quote_literal(std::string_view text) { return quoted(text, '\''); }

std::string lookup_body() {
  return " select rolname::text, rolpassword from pg_authid where rolname = u and rolcanlogin and not rolsuper and not rolreplication ";
}

Wish wish_of(std::string_view component, const Settings& settings) {
  Wish out{std::string(component), {}};
  for (const SettingValue& entry : at(settings, "databases").list()) {
    const Settings& database = entry.object();
    Wish::Database wanted{text(database, "name"), text(database, "owner"), {}};
    if (has(database, "extensions"))
      for (const SettingValue& extension : at(database, "extensions").list()) wanted.extensions.push_back(extension.text());
    out.databases.push_back(std::move(wanted));
  }
  return out;
}

Found fresh_server() {
  Found out;
  out.databases["postgres"].owner = "postgres";
  out.databases["template1"].owner = "postgres";
  return out;
}

std::vector<Change> missing(const Wish& wish, const Found& found) { return Difference(wish, found).run(); }

Text psql_script(const std::vector<Change>& changes) {
  // A statement that fails must not carry its verifier into the server's log.
  const std::string quiet = "set log_statement to none;\nset log_min_duration_statement to -1;\nset log_min_error_statement to panic;\n";
  Text out("-- Written by keelson: run once, when the cluster is made.\n\\set ON_ERROR_STOP on\n" + quiet);
  std::string database = "postgres";
  for (const Change& change : changes) {
    if (change.database != database) {
      database = change.database;
      out.add("\\connect " + quote_identifier(database) + "\n" + quiet);
    }
    for (const Text& statement : change.sql) out.add(statement).add(std::string(";\n"));
  }
  return out;
}

}  // namespace keelson::postgresql
