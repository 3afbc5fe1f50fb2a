#pragma once
#include <gtest/gtest.h>

#include "component/defaults.h"
#include "components/postgresql/postgresql.h"
#include "model/foundation.h"
#include "model/layout.h"

namespace keelson::postgresql {

/// Paths that need no machine.
struct FakeLayout : Layout {
  std::string root = "/k";
  Reach reached_by = Reach::socket;
  Place place(const std::string&, const std::string& instance) const override {
    const std::string home = root + "/" + instance;
    return {home, home + "/conf", home + "/tls", home + "/data", home + "/run"};
  }
  std::string program(const std::string& artifact, const std::string& relative) const override { return "/store/" + artifact + "/" + relative; }
  std::vector<std::pair<std::string, std::string>> environment(const std::string& artifact) const override { return {{"STORE", artifact}}; }
  std::string user(const std::string& component) const override { return "k-" + component; }
  Reach reach() const override { return reached_by; }
};

inline Settings with_defaults(Settings settings) {
  EXPECT_TRUE(fill_defaults(settings, kPostgresql.settings));
  return settings;
}

inline SettingValue database(std::string name, std::string owner) {
  Settings entry;
  entry.emplace("name", SettingValue(std::move(name)));
  entry.emplace("owner", SettingValue(std::move(owner)));
  return SettingValue(std::move(entry));
}

/// The settings of a blueprint with one database and whatever `more` says.
inline Settings settings_of(Settings more = {}) {
  more.emplace("databases", SettingValue(SettingValue::List{database("nexus", "nexus_app")}));
  return with_defaults(std::move(more));
}

/// A foundation with three voters, `members` PostgreSQL members and the two endpoints.
inline Foundation foundation_of(const Settings& settings) {
  static const Kind kFakeEtcd{.name = "etcd"};
  Foundation out{.name = "demo", .domain = "demo.internal"};
  Component store{.name = "etcd", .kind = &kFakeEtcd, .companion_of = "postgresql"};
  for (int i = 1; i <= 3; ++i) {
    const std::string name = "etcd-" + std::to_string(i);
    store.members.push_back({name, "etcd", i, "127.77.1.2" + std::to_string(i), {Instance{.name = name}}});
  }
  Component server{.name = "postgresql", .kind = &kPostgresql, .settings = settings};
  for (int i = 1; i <= number(settings, "members"); ++i) {
    const std::string name = "postgresql-" + std::to_string(i);
    server.members.push_back({name, "postgresql", i, "127.77.1." + std::to_string(i), {Instance{.name = name}}});
  }
  out.components = {std::move(server), std::move(store)};
  const auto shape = kPostgresql.verbs.shape({"demo", "postgresql", settings});
  EXPECT_TRUE(shape) << describe(shape.error());
  int last = 100;
  for (Endpoint endpoint : shape->endpoints) {
    endpoint.address = "127.77.1." + std::to_string(++last);
    out.endpoints.push_back(std::move(endpoint));
  }
  return out;
}

inline Instance rendered(const Foundation& foundation, const Layout& layout, std::size_t index = 0) {
  const Component& component = foundation.components.front();
  Member member = component.members[index];
  const auto done = kPostgresql.verbs.render({foundation, component, layout}, member);
  EXPECT_TRUE(done) << describe(done.error());
  return member.instances.front();
}

inline std::string file_of(const Instance& instance, std::string_view path) {
  for (const ConfigFile& file : instance.files)
    if (file.path == path) return file.content.redacted();
  ADD_FAILURE() << "no file " << path;
  return {};
}

}  // namespace keelson::postgresql
