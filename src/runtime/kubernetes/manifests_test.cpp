#include "runtime/kubernetes/manifests.h"

#include <gmock/gmock.h>

#include "runtime/golden_file.h"
#include "runtime/kubernetes/policies.h"
#include "runtime/kubernetes/test_foundation.h"

namespace keelson::kubernetes {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::vector<Object> all_of(const Manifests& manifests) {
  std::vector<Object> out = manifests.shared;
  for (const auto& [instance, objects] : manifests.instances) out.insert(out.end(), objects.begin(), objects.end());
  return out;
}

const StatefulSet& set_of(const Manifests& manifests, const std::string& instance) { return std::get<StatefulSet>(manifests.instances.at(instance).back()); }

template <typename Kind>
const Kind* find(const std::vector<Object>& objects, const std::string& name) {
  for (const Object& object : objects)
    if (const Kind* one = std::get_if<Kind>(&object); one != nullptr && one->meta.name == name) return one;
  return nullptr;
}

TEST(Manifests, of_a_watched_redis_are_the_golden_ones) {
  const auto made = TestFoundation(kRedis).manifests();
  ASSERT_TRUE(made);
  const std::string text = yaml_of(all_of(*made));
  EXPECT_EQ(text, golden_file(TESTDATA, "manifests/redis.yaml", text));
}

TEST(Manifests, of_a_pooled_postgresql_are_the_golden_ones) {
  const auto made = TestFoundation(kPostgresql).manifests();
  ASSERT_TRUE(made);
  const std::string text = yaml_of(all_of(*made));
  EXPECT_EQ(text, golden_file(TESTDATA, "manifests/postgresql.yaml", text));
}

TEST(Manifests, of_programs_of_ones_own_are_the_golden_ones) {
  const auto made = TestFoundation(kShop).manifests();
  ASSERT_TRUE(made);
  const std::string text = yaml_of(all_of(*made));
  EXPECT_EQ(text, golden_file(TESTDATA, "manifests/shop.yaml", text));
}

TEST(Manifests, an_image_of_ones_own_may_be_pulled_and_keelsons_never) {
  const auto made = TestFoundation(kShop).manifests();
  ASSERT_TRUE(made);
  const Container& orders = set_of(*made, "orders-1").pod.containers.front();
  EXPECT_EQ(orders.image, "shop/orders:1.4");
  EXPECT_EQ(orders.pull, PullPolicy::if_not_present);
  EXPECT_EQ(set_of(*made, "redis-1").pod.containers.front().pull, PullPolicy::never);
  ASSERT_TRUE(orders.readiness);
  const auto* http = std::get_if<HttpCheck>(&orders.readiness->check);
  ASSERT_NE(http, nullptr) << "the kubelet asks by itself";
  EXPECT_EQ(http->path, "/ready");
  EXPECT_EQ(set_of(*made, "orders-1").claims.size(), 1U);
}

TEST(Manifests, a_program_that_listens_nowhere_is_not_asked_and_one_that_keeps_nothing_has_no_volume) {
  const auto made = TestFoundation(kShop).manifests();
  ASSERT_TRUE(made);
  const StatefulSet& worker = set_of(*made, "worker-1");
  EXPECT_FALSE(worker.pod.containers.front().startup || worker.pod.containers.front().readiness);
  EXPECT_THAT(worker.claims, IsEmpty());
}

TEST(Manifests, without_keelson_inside_an_engine_is_asked_by_the_kubelet_alone) {
  const auto made = TestFoundation(std::string(kPostgresql) + "images: { pgbouncer: \"pgbouncer:1.18\" }\n").manifests();
  ASSERT_TRUE(made);
  const Container& pooler = set_of(*made, "postgresql-pooler-1").pod.containers.front();
  EXPECT_TRUE(std::holds_alternative<TcpCheck>(pooler.readiness->check));
  EXPECT_EQ(pooler.command.front(), "pgbouncer");
}

TEST(Manifests, what_is_published_is_a_service_of_the_clusters_load_balancer_and_this_machines_is_none) {
  const TestFoundation demo(kPublishing);
  const auto made = demo.manifests();
  ASSERT_TRUE(made);
  std::vector<std::string> outside;
  for (const Object& object : made->shared)
    if (const Service* service = std::get_if<Service>(&object); service != nullptr && service->outside) outside.push_back(service->meta.name);
  EXPECT_THAT(outside, ::testing::ElementsAre("redis-master-published", "redis-replica-published")) << "127.0.0.1 is nothing a cluster has";
  const Service& master = *find<Service>(made->shared, "redis-master-published");
  EXPECT_EQ(master.ports.front().port, 6380);
  EXPECT_EQ(master.ports.front().target, 6379);
  EXPECT_EQ(master.outside->address, "") << "0.0.0.0: whichever the cluster gives";
  EXPECT_THAT(master.outside->from, ::testing::ElementsAre("192.0.2.0/24"));
  const Service& replica = *find<Service>(made->shared, "redis-replica-published");
  EXPECT_EQ(replica.outside->address, "192.0.2.7");
  EXPECT_THAT(replica.outside->from, ::testing::ElementsAre("0.0.0.0/0", "198.51.100.7/32"));
  EXPECT_THAT(find_endpoint(demo.foundation, "redis-master")->publish[0].by, HasSubstr("port-forward --address 127.0.0.1 service/redis-master 6379:6379"));
  EXPECT_EQ(find_endpoint(demo.foundation, "redis-master")->publish[1].by, "service redis-master-published");
}

TEST(Manifests, a_place_for_this_machine_alone_is_no_service_open_to_everybody) {
  const auto made = TestFoundation(std::string(kRedis) + "publish: [{ endpoint: redis-master, at: \"0.0.0.0:6380\", from: [127.0.0.0/8] }]\n").manifests();
  ASSERT_TRUE(made);
  EXPECT_EQ(find<Service>(made->shared, "redis-master-published"), nullptr);
}

TEST(Manifests, postgresql_brings_no_consensus_store_and_only_it_holds_a_token) {
  const TestFoundation demo(kPostgresql);
  const auto made = demo.manifests();
  ASSERT_TRUE(made);
  EXPECT_EQ(find_component(demo.foundation, "etcd"), nullptr);
  EXPECT_EQ(set_of(*made, "postgresql-1").pod.token, Token::mounted);
  EXPECT_EQ(set_of(*made, "postgresql-pooler-1").pod.token, Token::none);
  EXPECT_NE(find<Role>(made->shared, "postgresql"), nullptr);
  EXPECT_EQ(find<Role>(made->shared, "postgresql-pooler"), nullptr);
}

TEST(Manifests, patroni_knows_its_members_by_their_pods) {
  const TestFoundation demo(kPostgresql);
  const Instance* instance = find_instance(demo.foundation, "postgresql-2");
  ASSERT_NE(instance, nullptr);
  for (const ConfigFile& file : instance->files)
    if (file.path == "member.yml") {
      EXPECT_THAT(file.content.redacted(), HasSubstr("\"name\": \"postgresql-2-0\""));
      EXPECT_THAT(file.content.redacted(), HasSubstr("\"listen\": \"0.0.0.0:5432\""));
      EXPECT_THAT(file.content.redacted(), HasSubstr("\"connect_address\": \"postgresql-2.demo.svc.cluster.local:5432\""));
      EXPECT_THAT(file.content.redacted(), HasSubstr("\"scope_label\": \"app.kubernetes.io/component\""));
      EXPECT_THAT(file.content.redacted(), Not(HasSubstr("etcd3")));
    }
}

TEST(Manifests, no_value_of_a_secret_is_anywhere_but_in_secrets) {
  const auto made = TestFoundation(kRedis).manifests();
  ASSERT_TRUE(made);
  for (const Object& object : all_of(*made)) {
    if (std::holds_alternative<SecretObject>(object)) continue;
    EXPECT_THAT(yaml_of({object}), Not(HasSubstr("${secret:"))) << meta_of(object).name;
    EXPECT_THAT(yaml_of({object}), Not(HasSubstr("contents of secrets/"))) << meta_of(object).name;
  }
}

TEST(Manifests, two_endpoints_of_one_port_are_two_ports_of_the_balancer) {
  const auto made = TestFoundation(kRedis).manifests();
  ASSERT_TRUE(made);
  EXPECT_EQ(find<Service>(made->shared, "redis-master")->ports.front().target, 6379);
  EXPECT_EQ(find<Service>(made->shared, "redis-replica")->ports.front().port, 6379);
  EXPECT_EQ(find<Service>(made->shared, "redis-replica")->ports.front().target, 16379);
}

TEST(Manifests, a_member_is_found_before_it_is_ready_and_an_endpoint_only_then) {
  const auto made = TestFoundation(kRedis).manifests();
  ASSERT_TRUE(made);
  EXPECT_EQ(find<Service>(made->shared, "redis-1")->not_ready, NotReady::published);
  EXPECT_EQ(find<Service>(made->shared, "redis-master")->not_ready, NotReady::left_out);
}

TEST(Manifests, a_handbooks_label_and_shares_are_on_pods_and_change_no_selector) {
  TestFoundation demo(kPostgresql);
  constexpr Share kShares[] = {{"postgresql", 1'000, 2'000, 50}};
  const auto plain = demo.manifests();
  demo.cluster.app_label = true;
  demo.cluster.shares = kShares;
  const auto made = demo.manifests();
  ASSERT_TRUE(plain && made);
  const StatefulSet& set = set_of(*made, "postgresql-1");
  EXPECT_EQ(set.pod.labels.at("app"), "postgresql");
  EXPECT_EQ(set.pods, set_of(*plain, "postgresql-1").pods);
  const Container& engine = set.pod.containers.front();
  EXPECT_EQ(engine.requests.cpu_millis, 1'000);
  EXPECT_EQ(engine.requests.memory, 256 << 20);
  EXPECT_EQ(engine.limits.cpu_millis, 2'000);
  EXPECT_EQ(engine.limits.memory, 512 << 20);
  EXPECT_EQ(set_of(*made, "postgresql-pooler-1").pod.containers.front().limits.cpu_millis, 0) << "of a kind that the handbook does not speak of";
}

TEST(Manifests, another_setting_makes_only_those_pods_anew_that_it_concerns) {
  const auto before = TestFoundation(kRedis).manifests();
  const auto after = TestFoundation("foundation: demo\ncomponents:\n  redis: { members: 3, memory: 64Mi, storage: 1Gi, default-user: app }\n").manifests();
  ASSERT_TRUE(before && after);
  EXPECT_NE(set_of(*before, "redis-1").pod.annotations, set_of(*after, "redis-1").pod.annotations);
  EXPECT_EQ(set_of(*before, "redis-sentinel-1").pod.annotations, set_of(*after, "redis-sentinel-1").pod.annotations);
  EXPECT_EQ(set_of(*before, "redis-endpoints-1").pod.annotations, set_of(*after, "redis-endpoints-1").pod.annotations);
}

TEST(Policies, everything_is_closed_and_what_edges_say_is_open) {
  const TestFoundation demo(kRedis);
  const auto made = demo.manifests();
  ASSERT_TRUE(made);
  const NetworkPolicy* closed = find<NetworkPolicy>(made->shared, "demo-closed");
  ASSERT_NE(closed, nullptr);
  EXPECT_EQ(closed->pods, (Labels{{kPartOf, "demo"}})) << "who else lives in the namespace is left alone";
  EXPECT_THAT(closed->ingress, IsEmpty());
  const NetworkPolicy* redis = find<NetworkPolicy>(made->shared, "redis");
  ASSERT_NE(redis, nullptr);
  EXPECT_EQ(redis->ingress.size(), 3U) << "replication, Sentinels, the balancer";
  const NetworkPolicy* balancer = find<NetworkPolicy>(made->shared, "redis-endpoints");
  ASSERT_NE(balancer, nullptr);
  ASSERT_EQ(balancer->ingress.size(), 2U) << "clients of each endpoint";
  EXPECT_EQ(std::get<PodPeer>(balancer->ingress[0].peers[0]).pods, (Labels{{client_label("redis-master"), "true"}}));
  EXPECT_EQ(balancer->ingress[1].ports[0].port, 16379);
}

TEST(Policies, who_comes_from_outside_is_let_in_to_the_published_endpoint_only) {
  const auto made = TestFoundation(kPublishing).manifests();
  ASSERT_TRUE(made);
  const NetworkPolicy* balancer = find<NetworkPolicy>(made->shared, "redis-endpoints");
  ASSERT_EQ(balancer->ingress.size(), 4U) << "clients of each endpoint, and those from outside";
  EXPECT_EQ(balancer->ingress[2].ports[0].port, 6379);
  ASSERT_EQ(balancer->ingress[2].peers.size(), 1U);
  EXPECT_EQ(std::get<IpBlock>(balancer->ingress[2].peers[0]).cidr, "192.0.2.0/24");
  EXPECT_EQ(balancer->ingress[3].ports[0].port, 16379);
  EXPECT_EQ(balancer->ingress[3].peers.size(), 2U);
}

TEST(Unsupported, programs_that_no_image_has_are_named_by_their_entry) {
  const TestFoundation demo("foundation: demo\ncomponents:\n  tick: { kind: custom, command: [/bin/sleep, \"9\"] }\n");
  const Errors refused = unsupported(demo.foundation);
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_EQ(refused.front().code, ErrorCode::not_supported);
  EXPECT_THAT(refused.front().what, HasSubstr("components.tick"));
  EXPECT_EQ(refused.front().next, "say which image has /bin/sleep: images: { tick: NAME:TAG }");
  EXPECT_THAT(unsupported(TestFoundation(kShop).foundation), IsEmpty());
}

TEST(Unsupported, what_keelson_asks_from_inside_needs_it_in_the_image) {
  const TestFoundation demo(std::string(kPostgresql) + "images: { postgresql: \"postgres:15\", etcd: \"etcd:3.4\" }\n");
  const Errors refused = unsupported(demo.foundation);
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_THAT(refused.front().why, HasSubstr("postgresql is asked by keelson from inside its pods"));
}

}  // namespace
}  // namespace keelson::kubernetes
