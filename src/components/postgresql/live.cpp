#include "components/postgresql/live.h"

#include "components/postgresql/access_rules.h"
#include "components/postgresql/parameters.h"
#include "components/postgresql/patroni.h"
#include "components/postgresql/sql.h"
#include "components/postgresql/verbs.h"

namespace keelson::postgresql {
namespace {

std::string shown(const Json& value) {
  if (value.is_null()) return std::string(kUnset);
  return value.is_string() ? value.as_string() : value.dump();
}

void compare(const std::string& path, const Json& wanted, const Json& actual, std::vector<LiveSetting>& out) {
  if (!wanted.is_object()) {
    if (shown(wanted) != shown(actual)) out.push_back({path, shown(wanted), shown(actual)});
    return;
  }
  for (const auto& [key, value] : wanted.members()) compare(path + "/" + key, value, actual[key], out);
  for (const auto& [key, value] : actual.members())
    if (!wanted.has(key)) out.push_back({path + "/" + key, std::string(kUnset), shown(value)});
}

/// Cluster-wide drift is told once: of the primary. The server knows that itself, and answers sooner than Patroni.
Result<bool> is_primary(PgConnection& session) {
  KEELSON_TRY(const PgRows rows, session.query("select not pg_catalog.pg_is_in_recovery()"));
  return rows.boolean(0, 0);
}

/// Lines that ALTER SYSTEM wrote. Patroni and keelson write none.
Result<std::vector<LiveSetting>> altered(PgConnection& session) {
  KEELSON_TRY(const PgRows rows, session.query("select name, setting from pg_catalog.pg_file_settings"
                                               " where sourcefile like '%/postgresql.auto.conf' and name is not null order by name"));
  std::vector<LiveSetting> out;
  for (std::size_t row = 0; row < rows.rows.size(); ++row)
    out.push_back({std::string(kAlterSystemPrefix) + rows.text(row, 0), std::string(kUnset), rows.text(row, 1)});
  return out;
}

/// Parameters whose value in the files waits for a restart: name, value in the files, value in force.
Result<PgRows> pending(PgConnection& session) {
  return session.query(
      "select s.name, f.setting, pg_catalog.current_setting(s.name) from pg_catalog.pg_settings s join lateral"
      " (select setting from pg_catalog.pg_file_settings where name = s.name order by seqno desc limit 1) f on true"
      " where s.pending_restart order by s.name");
}

/// Those of them whose new value comes from the blueprint.
void add_pending(const PgRows& rows, const std::vector<LiveSetting>& by_hand, std::vector<LiveSetting>& out) {
  for (std::size_t row = 0; row < rows.rows.size(); ++row) {
    bool mended_anyway = false;  // putting the drift right removes the need to restart
    for (const LiveSetting& drift : by_hand) mended_anyway = mended_anyway || drift.name.ends_with("/" + rows.text(row, 0));
    if (!mended_anyway) out.push_back({rows.text(row, 0), rows.text(row, 1), rows.text(row, 2), false});
  }
}

std::vector<std::string> rules_of(const World& world, const Component& component) { return access_rules(wish_of(component.name, component.settings), world.reach()); }

/// Lines of pg_hba.conf that are not keelson's, or are missing. Patroni writes the file when the list it was given changes and
/// when it starts, and looks at it no more (config.py, replace_pg_hba).
Result<std::vector<LiveSetting>> rules_by_hand(const World& world, PgConnection& session, const Component& component) {
  KEELSON_TRY(const PgRows file, session.query("select pg_catalog.pg_read_file(pg_catalog.current_setting('hba_file'))"));
  const std::vector<std::string> wanted = rules_of(world, component);
  const std::string difference = rule_differences(wanted, file.text(0, 0));
  if (difference.empty()) return std::vector<LiveSetting>{};
  return std::vector<LiveSetting>{{std::string(kAccessRules), std::to_string(wanted.size()) + " lines of its own", "changed: " + difference}};
}

/// The server writes the file itself, as its own user, also on a replica.
Result<void> write_rules(const World& world, PgConnection& session, const Component& component) {
  KEELSON_TRY(const PgRows path, session.query("select pg_catalog.current_setting('hba_file')"));
  std::string lines;
  for (const std::string& rule : rules_of(world, component)) lines += (lines.empty() ? "" : ", ") + quote_literal(rule);
  KEELSON_CHECK(session.query("copy (select pg_catalog.unnest(array[" + lines + "])) to " + quote_literal(path.text(0, 0))));
  KEELSON_CHECK(session.query("select pg_catalog.pg_reload_conf()"));
  return {};
}

}  // namespace

std::vector<LiveSetting> dynamic_differences(const Json& wanted, const Json& actual) {
  std::vector<LiveSetting> out;
  compare("dcs", wanted, actual, out);
  return out;
}

Json dynamic_patch(const Json& wanted, std::string_view name) {
  name.remove_prefix(std::min(name.size(), kDynamicPrefix.size()));
  const std::size_t slash = name.find('/');
  const std::string key(name.substr(0, slash));
  Json out = Json::object();
  if (slash == std::string_view::npos) return out.set(key, wanted[key]);
  return out.set(key, dynamic_patch(wanted[key], std::string(kDynamicPrefix) + std::string(name.substr(slash + 1))));
}

Result<std::vector<LiveSetting>> observe_live(World& world, const Foundation&, const Component& component, const Member& member) {
  KEELSON_TRY(PgConnection session, open_admin(world, member, "postgres"));
  KEELSON_TRY(std::vector<LiveSetting> out, altered(session));
  KEELSON_TRY(const std::vector<LiveSetting> rules, rules_by_hand(world, session, component));
  out.insert(out.end(), rules.begin(), rules.end());
  KEELSON_TRY(const bool leads, is_primary(session));
  KEELSON_TRY(const PgRows waiting, pending(session));
  if (!leads && waiting.rows.empty()) return out;  // Patroni could add nothing

  KEELSON_TRY(const Json wanted, dynamic_configuration(component.settings));
  KEELSON_TRY(const Json actual, Patroni(world, component).configuration(&member));
  const std::vector<LiveSetting> shared = dynamic_differences(wanted, actual);
  std::vector<LiveSetting> by_hand = out;
  by_hand.insert(by_hand.end(), shared.begin(), shared.end());
  if (leads) out.insert(out.end(), shared.begin(), shared.end());
  add_pending(waiting, by_hand, out);
  return out;
}

Result<void> set_live(World& world, const Foundation&, const Component& component, const Member& member, const LiveSetting& setting) {
  if (setting.name.starts_with(kDynamicPrefix)) {
    KEELSON_TRY(const Json wanted, dynamic_configuration(component.settings));
    return Patroni(world, component).change(dynamic_patch(wanted, setting.name));
  }
  if (setting.name != kAccessRules && !setting.name.starts_with(kAlterSystemPrefix))
    return fail_as(ErrorCode::not_supported, setting.name + " cannot be set while the server runs", member.name);
  KEELSON_TRY(PgConnection session, open_admin(world, member, "postgres"));
  if (setting.name == kAccessRules) return write_rules(world, session, component);
  const std::string parameter = setting.name.substr(kAlterSystemPrefix.size());
  if (auto done = session.query("alter system reset " + quote_identifier(parameter)); !done) return unexpected(std::move(done).error());
  if (auto done = session.query("select pg_catalog.pg_reload_conf()"); !done) return unexpected(std::move(done).error());
  return {};
}

}  // namespace keelson::postgresql
