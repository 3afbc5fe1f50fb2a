#include "components/custom/custom.h"

#include <gtest/gtest.h>

#include "component/defaults.h"
#include "model/foundation.h"
#include "model/layout.h"

namespace keelson {
namespace {

class FlatLayout : public Layout {
 public:
  Place place(const std::string&, const std::string& instance) const override {
    const std::string home = "/state/" + instance;
    return {home, home + "/config", home + "/tls", home + "/data", home + "/run"};
  }
  std::string program(const std::string&, const std::string& relative) const override { return "/" + relative; }
  std::vector<std::pair<std::string, std::string>> environment(const std::string&) const override { return {}; }
  std::string user(const std::string& component) const override { return component; }
};

SettingValue list_of(std::initializer_list<const char*> items) {
  SettingValue::List list;
  for (const char* item : items) list.emplace_back(std::string(item));
  return SettingValue(std::move(list));
}

Settings app(std::initializer_list<const char*> command, std::initializer_list<const char*> uses) {
  Settings port{{"name", SettingValue(std::string("http"))}, {"port", SettingValue(std::int64_t{8080})}};
  Settings secret{{"name", SettingValue(std::string("postgresql/app"))}, {"file", SettingValue(std::string("db-password"))}};
  Settings settings{{"command", list_of(command)},
                    {"uses", list_of(uses)},
                    {"ports", SettingValue(SettingValue::List{SettingValue(port)})},
                    {"secrets", SettingValue(SettingValue::List{SettingValue(secret)})}};
  EXPECT_TRUE(fill_defaults(settings, kCustom.settings));
  return settings;
}

struct Rendered {
  Foundation foundation;
  Member member;
  Result<void> result;
};

Rendered render(Settings settings) {
  Foundation foundation;
  foundation.name = "demo";
  foundation.domain = "demo.internal";
  foundation.endpoints.push_back({.name = "postgresql-primary", .component = "postgresql", .address = "127.77.1.9", .port = 5432});
  foundation.secrets.push_back({"postgresql/app", ""});
  Member one{.name = "orders-1", .component = "orders", .address = "127.77.1.4"}, two{.name = "orders-2", .component = "orders", .address = "127.77.1.5"};
  foundation.components.push_back({.name = "orders", .kind = &kCustom, .members = {one, two}, .ports = {8080, 8081}});
  foundation.components.push_back({.name = "worker", .kind = &kCustom});
  Member member{"shop-1", "shop", 1, "127.77.1.3", {Instance{.name = "shop-1"}}};
  Component component{"shop", &kCustom, "", std::move(settings), {member}};
  foundation.components.push_back(component);
  Result<void> result = kCustom.verbs.render({foundation, foundation.components.back(), FlatLayout{}}, member);
  return {foundation, member, result};
}

TEST(Custom, GetsItsAddressItsEndpointsAndItsSecretAsAFile) {
  const Rendered rendered = render(app({"/usr/bin/shop", "--listen={address}:{port}"}, {"postgresql-primary"}));
  ASSERT_TRUE(rendered.result) << describe(rendered.result.error());
  const Instance& instance = rendered.member.instances[0];
  EXPECT_EQ(instance.command, (std::vector<std::string>{"/usr/bin/shop", "--listen=127.77.1.3:8080"}));
  const auto& environment = instance.environment;
  EXPECT_NE(std::find(environment.begin(), environment.end(), std::pair<std::string, std::string>("POSTGRESQL_PRIMARY_HOST", "postgresql-primary.demo.internal")), environment.end());
  ASSERT_EQ(instance.files.size(), 1u);
  EXPECT_EQ(instance.files[0].content.redacted(), "${secret:postgresql/app}");
  EXPECT_EQ(instance.files[0].mode, 0400u);
}

TEST(Custom, IsToldWhereAnotherProgramIsThatItUses) {
  const Rendered rendered = render(app({"/usr/bin/shop"}, {"orders"}));
  ASSERT_TRUE(rendered.result) << describe(rendered.result.error());
  const auto& environment = rendered.member.instances[0].environment;
  using Variable = std::pair<std::string, std::string>;
  EXPECT_NE(std::find(environment.begin(), environment.end(), Variable("ORDERS_ADDRESSES", "127.77.1.4,127.77.1.5")), environment.end());
  EXPECT_NE(std::find(environment.begin(), environment.end(), Variable("ORDERS_PORT", "8080")), environment.end());
}

TEST(Custom, CannotUseAProgramThatListensNowhere) {
  const Rendered rendered = render(app({"/usr/bin/shop"}, {"worker"}));
  ASSERT_FALSE(rendered.result);
  EXPECT_EQ(rendered.result.error().what, "uses worker, which listens nowhere");
}

TEST(Custom, GetsAServerCertificateOfItsOwnNameAndAddress) {
  const Rendered rendered = render(app({"/usr/bin/shop", "--cert={certificate}", "--key={key}"}, {}));
  ASSERT_TRUE(rendered.result) << describe(rendered.result.error());
  const Instance& instance = rendered.member.instances[0];
  EXPECT_EQ(instance.command, (std::vector<std::string>{"/usr/bin/shop", "--cert=/state/shop-1/tls/server.crt", "--key=/state/shop-1/tls/server.key"}));
  ASSERT_EQ(instance.certificates.size(), 1u);
  const Certificate& certificate = instance.certificates[0];
  EXPECT_EQ(certificate.name, "server");
  EXPECT_EQ(certificate.domain, TrustDomain::services);
  EXPECT_FALSE(certificate.client);
  EXPECT_NE(std::find(certificate.dns_names.begin(), certificate.dns_names.end(), "shop-1.demo.internal"), certificate.dns_names.end());
  EXPECT_EQ(certificate.ip_addresses, std::vector<std::string>{"127.77.1.3"});
}

TEST(Custom, IsProbedOverTlsOnlyWhenTheBlueprintSaysHttps) {
  for (const char* protocol : {"tcp", "http", "https"}) {
    Settings settings = app({"/usr/bin/shop"}, {});
    settings["ready"] = SettingValue(Settings{{"protocol", SettingValue(std::string(protocol))}, {"path", SettingValue(std::string("/ready"))}});
    const Rendered rendered = render(settings);
    ASSERT_TRUE(rendered.result) << describe(rendered.result.error());
    const Probe& probe = rendered.member.instances[0].ready;
    EXPECT_EQ(probe.tls, std::string(protocol) == "https");
    EXPECT_EQ(probe.protocol == ProbeProtocol::tcp, std::string(protocol) == "tcp");
    EXPECT_EQ(probe.server_name, "shop-1.demo.internal");
  }
}

TEST(Custom, WithoutAPortIsReadyWhenItsProcessLives) {
  Settings settings = app({"/usr/bin/worker"}, {"postgresql-primary"});
  settings["ports"] = SettingValue(SettingValue::List{});
  const Rendered rendered = render(settings);
  ASSERT_TRUE(rendered.result) << describe(rendered.result.error());
  EXPECT_EQ(rendered.member.instances[0].ready.protocol, ProbeProtocol::process);
  EXPECT_EQ(rendered.member.instances[0].ready.port, 0);
  EXPECT_TRUE(kCustom.verbs.shape({"demo", "worker", settings}));
}

TEST(Custom, WithoutAPortCannotBeAskedByHttpNorTakeAPortInItsCommand) {
  Settings settings = app({"/usr/bin/worker", "{port}"}, {});
  settings["ports"] = SettingValue(SettingValue::List{});
  EXPECT_FALSE(render(settings).result);
  settings["ready"] = SettingValue(Settings{{"protocol", SettingValue(std::string("http"))}, {"path", SettingValue(std::string("/"))}});
  EXPECT_FALSE(kCustom.verbs.shape({"demo", "worker", settings}));
}

TEST(Custom, KeepsWhatItsStorageIsToHoldAndByDefaultALittle) {
  Settings settings = app({"/usr/bin/shop"}, {});
  EXPECT_EQ(render(settings).member.instances[0].storage, std::int64_t{1} << 30);
  settings["storage"] = SettingValue(std::int64_t{0});
  EXPECT_EQ(render(settings).member.instances[0].storage, 0);
}

TEST(Custom, RefusesAnEndpointThatDoesNotExistAndSuggestsTheNearest) {
  const Rendered rendered = render(app({"/usr/bin/shop"}, {"postgresql-primry"}));
  ASSERT_FALSE(rendered.result);
  EXPECT_EQ(rendered.result.error().next, "did you mean postgresql-primary?");
}

TEST(Custom, RefusesABraceWordNobodyKnows) { EXPECT_FALSE(render(app({"/usr/bin/shop", "{adress}"}, {})).result); }

TEST(Custom, RefusesARelativeProgram) {
  const Settings settings = app({"shop"}, {});
  EXPECT_FALSE(kCustom.verbs.shape({"demo", "shop", settings}));
}

TEST(Custom, AsksForAnEdgeToEachEndpointItUses) {
  const Settings settings = app({"/usr/bin/shop"}, {"postgresql-primary"});
  const auto shape = kCustom.verbs.shape({"demo", "shop", settings});
  ASSERT_TRUE(shape);
  std::vector<std::string> edges;
  for (const Edge& edge : shape->edges) edges.push_back(edge.from + " -> " + edge.to);
  EXPECT_EQ(edges, (std::vector<std::string>{"shop -> shop", "access.local -> shop", "shop -> postgresql-primary"}));
  EXPECT_EQ(shape->ports, std::vector<int>{8080});
}

}  // namespace
}  // namespace keelson
