#include "client/client.h"
#include "verify/checks.h"

namespace keelson::checks {
namespace {

constexpr const char* kRules = "keelson plan names the line; keelson up puts pg_hba.conf right";

/// A session must be TLS 1.3, verified against the services root with the target's name, and refused without TLS.
Result<Finding> tried_target(ClientContext& context, const Target& target, const Database& database) {
  KEELSON_TRY(PgConnection session, open_pg(context.world, target, database));
  if (session.tls_version() != "TLSv1.3") return failed("a session at " + target.where() + " uses " + session.tls_version());
  PgAddress plain = pg_address(context.world, target, database.name, database.owner);
  plain.sslmode = "disable";
  KEELSON_TRY(plain.password, context.world.secret(database.secret));
  if (PgConnection::open(plain)) return failed("a session without TLS was accepted at " + target.where(), kRules);
  return passed(target.name);
}

/// Another name than the certificate carries must not be believed; else the verification proves nothing.
Result<Finding> tried_wrong_name(ClientContext& context, const Target& target, const Database& database) {
  Target other = target;
  other.host = "impostor." + target.host;
  if (open_pg(context.world, other, database)) return failed("the certificate at " + target.where() + " was accepted for " + other.host);
  return passed(target.name);
}

/// What is wrong with one rule of pg_hba.conf; "" when nothing is.
std::string fault_of(const std::string& type, const std::string& method, const std::string& error) {
  if (!error.empty()) return "cannot be read: " + error;
  if (method == "reject") return {};
  if (method == "trust" || method == "password" || method == "md5" || method == "ident") return "lets in by " + method;
  if (type == "host" || type == "hostnossl" || type == "hostgssenc" || type == "hostnogssenc") return "lets in without TLS (" + type + " " + method + ")";
  return {};
}

Result<Finding> tried_rules(ClientContext& context, const Member& member) {
  KEELSON_TRY(PgConnection admin, open_pg_admin(context.world, member));
  KEELSON_TRY(const PgRows rules, admin.query("select line_number, type, auth_method, error from pg_hba_file_rules order by line_number"));
  if (rules.rows.empty()) return failed(member.name + " shows no access rules");
  for (std::size_t i = 0; i < rules.rows.size(); ++i)
    if (const std::string fault = fault_of(rules.text(i, 1), rules.text(i, 2), rules.text(i, 3)); !fault.empty())
      return failed(member.name + ": pg_hba.conf line " + rules.text(i, 0) + " " + fault, kRules);
  return passed(member.name);
}

Result<Finding> tried_view(ClientContext& context, const PostgresqlView& view) {
  if (view.databases.empty()) return skipped(view.component->name + " has no database to log in to");
  const Database& database = view.databases.front();
  std::vector<Target> targets;
  for (const Endpoint* endpoint : {view.primary, view.replica, view.pooler})
    if (endpoint != nullptr) targets.push_back(target_of(context.foundation, *endpoint));
  for (const Member& member : view.component->members) targets.push_back(target_of(context.foundation, member, view.primary->port));
  for (const Target& target : targets) {
    KEELSON_TRY(Finding one, tried_target(context, target, database));
    if (one.state != CheckState::pass) return one;
  }
  KEELSON_TRY(Finding name, tried_wrong_name(context, targets.front(), database));
  if (name.state != CheckState::pass) return name;
  for (const Member& member : view.component->members) {
    KEELSON_TRY(Finding rules, tried_rules(context, member));
    if (rules.state != CheckState::pass) return rules;
  }
  return passed("TLS 1.3 with verified names on " + std::to_string(targets.size()) + " endpoints and members; plaintext refused on each; no rule lets in without "
                "TLS and SCRAM or a certificate");
}

}  // namespace

Result<Finding> encrypted_sessions(ClientContext& context) {
  std::vector<std::string> evidence;
  for (const PostgresqlView& view : postgresql_of(context.foundation)) {
    KEELSON_TRY(Finding found, tried_view(context, view));
    if (found.state != CheckState::pass) return found;
    evidence.push_back(std::move(found.evidence));
  }
  if (evidence.empty()) return skipped("the foundation has no PostgreSQL");
  return passed(joined(evidence, "; "));
}

}  // namespace keelson::checks
