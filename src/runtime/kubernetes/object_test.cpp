#include "runtime/kubernetes/object.h"

#include <gtest/gtest.h>

#include "runtime/golden_file.h"

namespace keelson::kubernetes {
namespace {

const Labels kShop{{"app.kubernetes.io/managed-by", "keelson"}, {"app.kubernetes.io/part-of", "shop"}};
const Labels kRedis{{"app.kubernetes.io/component", "redis"}, {"app.kubernetes.io/part-of", "shop"}};

Meta named(const std::string& name) { return {.name = name, .space = "shop-redis", .labels = kShop}; }

Container redis() {
  Container out{.name = "redis", .image = "keelson.local/redis:7.0.15", .pull = PullPolicy::never};
  out.command = {"/keelson/bin/keelson", "member", "--", "/usr/bin/redis-server", "$(HOME)"};
  out.environment = {{"LANG", "C.UTF-8"}, {"POD_NAME", FieldRef{"metadata.name"}}, {"PRICE", "5$"}};
  out.ports = {{"redis", 6379}, {"bus", 16379, Protocol::udp}};
  out.requests = {.cpu_millis = 100, .memory = 256 << 20};
  out.limits = {.cpu_millis = 2000, .memory = 512 << 20};
  out.startup = Probe{.check = TcpCheck{6379}, .period_s = 1, .failures = 60};
  out.readiness = Probe{.check = ExecCheck{{"/keelson/bin/keelson", "probe", "redis"}}, .period_s = 2, .timeout_s = 3, .successes = 2, .initial_delay_s = 1};
  out.liveness = Probe{.check = HttpCheck{"/live", 8008, HttpCheck::Scheme::https}};
  out.before_stop = {"/keelson/bin/keelson", "hand-over"};
  out.mounts = {{"data", "/keelson/data"},
                {"config", "/keelson/config", {}, VolumeMount::Access::read},
                {"config", "/etc/passwd", "passwd", VolumeMount::Access::read},
                {"run", "/keelson/run"}};
  return out;
}

StatefulSet redis_set() {
  StatefulSet out{.meta = named("redis-1"), .service = "redis-members", .pods = kRedis, .order = PodOrder::parallel, .update = Update::on_delete};
  PodTemplate& pod = out.pod;
  pod.labels = kRedis;
  pod.annotations = {{"keelson/digest", "0a1b"}};
  pod.account = "redis";
  pod.user = 52001;
  pod.stop_s = 60;
  pod.dns_options = {{"ndots", "1"}, {"use-vc", ""}};
  pod.nodes = {{"kubernetes.io/os", "linux"}};
  pod.spread = {{"topology.kubernetes.io/zone", kRedis, Spread::required}, {"kubernetes.io/hostname", kRedis, Spread::wanted, 2}};
  pod.init = {{.name = "given", .image = "keelson.local/redis:7.0.15", .command = {"/bin/true"}, .root = Root::writable}};
  pod.containers = {redis()};
  pod.volumes = {{"config", Projected{{ConfigMapSource{"redis-1", {{"redis.conf", "redis.conf"}, {"passwd", "passwd", 0444}}}, SecretSource{"redis-1", {}}}}},
                 {"run", EmptyDir{Medium::memory, 16 << 20}},
                 {"given", EmptyDir{}}};
  out.claims = {{"data", std::int64_t{10} << 30, "fast", kShop}, {"config", 1 << 20}};
  return out;
}

NetworkPolicy redis_policy() {
  NetworkPolicy out{.meta = named("redis"), .pods = kRedis};
  out.ingress = {{{PodPeer{kRedis}, PodPeer{{{"app", "web"}}, Labels{{"kubernetes.io/metadata.name", "shop-web"}}}, PodPeer{{}, Labels{}}, IpBlock{"10.0.0.0/8", {"10.1.0.0/16"}}},
                  {{6379}, {53, Protocol::udp}}}};
  out.egress = {{{PodPeer{kRedis}}, {}}, {{}, {{53, Protocol::udp}, {53}}}};
  return out;
}

std::vector<Object> one_of_each() {
  return {
      Namespace{{.name = "shop-redis", .labels = kShop}},
      ServiceAccount{named("redis")},
      Role{named("postgresql"), {{{""}, {"endpoints"}, {"create"}}, {{"", "apps"}, {"pods"}, {"get", "patch"}, {"postgresql-0"}}}},
      RoleBinding{named("postgresql"), "postgresql", {"postgresql", "postgresql-backup"}},
      ConfigMap{named("redis-1"), {{"redis.conf", "port 6379\n# a comment: yes\n"}, {"mode", "no"}}},
      SecretObject{named("redis-1"), {{"launch.secret", Text("user app >").add(SecretRef{"redis/app"}).add(std::string("\n"))}, {"server.key", Secret("BEGIN KEY")}}},
      Service{.meta = named("redis-master"), .pods = kRedis, .ports = {{"redis", 6379}, {"sentinel", 26379, 5000}}},
      redis_policy(),
      PodDisruptionBudget{named("redis"), kRedis, 1},
      redis_set(),
  };
}

Result<Secret> no_secrets(const std::string& name) { return fail("there is no such secret", name); }

TEST(Object, each_kind_is_spelt_as_its_golden_file) {
  for (const Object& object : one_of_each()) {
    const std::string kind(type_of(object).kind), made = yaml_of({object});
    EXPECT_EQ(made, golden_file(TESTDATA, kind + ".yaml", made)) << kind;
  }
}

TEST(Object, objects_are_one_stream_in_the_order_given) {
  const std::vector<Object> objects = one_of_each();
  std::string apart;
  for (const Object& object : objects) apart += yaml_of({object});
  EXPECT_EQ(yaml_of(objects), apart);
}

TEST(Object, a_headless_service_of_pods_that_are_not_ready_says_so) {
  const Json spec = json(Service{.meta = named("members"), .pods = {}, .ports = {{"redis", 6379}}, .address = kHeadless, .not_ready = NotReady::published})["spec"];
  EXPECT_EQ(spec["clusterIP"].as_string(), "None");
  EXPECT_TRUE(spec["publishNotReadyAddresses"].as_bool());
  EXPECT_FALSE(spec.has("selector"));
}

TEST(Object, a_service_reached_from_outside_takes_whom_it_names_and_sees_who_comes) {
  Service service{.meta = named("redis-master-published"), .pods = kRedis, .ports = {{"redis", 6380, 6379}}, .outside = Outside{"192.0.2.7", {"192.0.2.0/24"}}};
  const Json spec = json(service)["spec"];
  EXPECT_EQ(spec["type"].as_string(), "LoadBalancer");
  EXPECT_EQ(spec["loadBalancerIP"].as_string(), "192.0.2.7");
  EXPECT_EQ(spec["loadBalancerSourceRanges"].dump(), R"(["192.0.2.0/24"])");
  EXPECT_EQ(spec["externalTrafficPolicy"].as_string(), "Local");
  service.outside->address.clear();
  EXPECT_FALSE(json(service)["spec"].has("loadBalancerIP"));
}

TEST(Object, a_policy_without_rules_denies_both_ways) {
  const Json spec = json(NetworkPolicy{.meta = named("nobody")})["spec"];
  EXPECT_EQ(spec.dump(), R"({"podSelector":{},"policyTypes":["Ingress","Egress"]})");
}

TEST(Object, the_value_of_a_secret_is_only_where_it_is_asked_for) {
  const SecretLookup lookup = [](const std::string&) -> Result<Secret> { return Secret("hunter2"); };
  const std::vector<Object> objects = one_of_each();
  const auto applied = list_of(objects, lookup);
  ASSERT_TRUE(applied) << describe(applied.error());
  EXPECT_NE(applied->reveal().find("dXNlciBhcHAgPmh1bnRlcjIK"), std::string_view::npos) << "user app >hunter2, in base64";
  EXPECT_NE(applied->reveal().find("QkVHSU4gS0VZ"), std::string_view::npos) << "BEGIN KEY, in base64";
  const auto written = yaml_of(objects, lookup);
  ASSERT_TRUE(written) << describe(written.error());
  EXPECT_NE(written->reveal().find("launch.secret: dXNlciBhcHAgPmh1bnRlcjIK\n"), std::string_view::npos);
  EXPECT_EQ(yaml_of(objects).find("BEGIN"), std::string::npos);
}

TEST(Object, a_secret_that_is_not_there_is_named) {
  const auto applied = list_of(one_of_each(), no_secrets);
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().where, "redis/app");
}

}  // namespace
}  // namespace keelson::kubernetes
