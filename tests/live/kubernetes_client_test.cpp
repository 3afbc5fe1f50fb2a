// What a cluster tells keelson's kubectl, and what of it keelson makes. Run on a node of the test's own: kubernetes_cluster.py PROGRAM.
#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>

#include "runtime/kubernetes/compare.h"
#include "runtime/kubernetes/kubectl.h"
#include "system/temporary_directory.h"

namespace keelson::kubernetes {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kImage = "keelson.test/busybox:1";
const Labels kShop{{"app.kubernetes.io/part-of", "shop"}};
const Labels kWeb{{"app.kubernetes.io/part-of", "shop"}, {"app.kubernetes.io/component", "web"}};
const SecretLookup kSecrets = [](const std::string&) -> Result<Secret> { return Secret("hunter2"); };

Meta named(const std::string& name, const std::string& space) { return {.name = name, .space = space, .labels = kShop}; }

StatefulSet web(const std::string& space) {
  StatefulSet out{.meta = named("web", space), .service = "web", .pods = kWeb};
  Container container{.name = "web", .image = kImage, .pull = PullPolicy::never, .command = {"sh", "-c", "echo '$(GREETING)' $GREETING; exec sleep 1000"}};
  container.environment = {{"GREETING", "5$ (each)"}};
  container.mounts = {{"given", "/given", {}, VolumeMount::Access::read}, {"data", "/data"}};
  out.pod = {.labels = kWeb, .account = "web", .user = 1001, .stop_s = 1, .containers = {container}};
  out.pod.volumes = {{"given", Projected{{ConfigMapSource{"web"}, SecretSource{"web"}}}}};
  out.claims = {{"data", 1 << 20, {}, kShop}};
  return out;
}

std::vector<Object> shop(const std::string& space) {
  return {Namespace{{.name = space, .labels = kShop}},
          ServiceAccount{named("web", space)},
          ConfigMap{named("web", space), {{"web.conf", "port 80\n"}, {"mode", "no"}}},
          SecretObject{named("web", space), {{"password", SecretRef{"web/app"}}}},
          Service{.meta = named("web", space), .pods = kWeb, .ports = {{"web", 80}}, .address = kHeadless},
          PodDisruptionBudget{named("web", space), kWeb},
          web(space)};
}

class KubernetesClient : public ::testing::Test {
 protected:
  std::unique_ptr<Kubectl> client(const std::string& context = {}) { return std::move(*Kubectl::find(files_, commands_, context)); }

  /// The user's own kubectl, for what other people do.
  std::string by_hand(const std::string& space, const std::vector<std::string>& asked, const std::string& input = {}) {
    std::vector<std::string> words = kubectl_->words(space);
    words.insert(words.end(), asked.begin(), asked.end());
    const auto output = commands_.run(words, {.environment = kubectl_->environment(), .input = input, .timeout_ms = 120'000});
    if (!output || output->status != 0) ADD_FAILURE() << asked.front() << ": " << (output ? output->err : describe(output.error()));
    return output ? output->out : "";
  }

  static Secret list(const std::vector<Object>& objects) { return std::move(*list_of(objects, kSecrets)); }

  Checked<Seen> apply(const std::vector<Object>& objects, Conflicts conflicts = Conflicts::refuse) { return kubectl_->apply(list(objects), conflicts); }

  std::vector<ObjectDifference> differences(const std::string& space) {
    std::vector<std::string> resources{"namespaces", "pods", "persistentvolumeclaims"};
    for (const ApiType& type : kNamespacedTypes) resources.emplace_back(type.resource);
    const auto live = kubectl_->get(resources, space, kShop);
    const auto applied = kubectl_->would_apply(list(shop(space)));
    EXPECT_TRUE(live) << describe(live.error());
    EXPECT_TRUE(applied) << describe(applied.error());
    std::vector<ObjectDifference> out;
    if (live && applied)
      for (ObjectDifference& one : compare(*live, *applied))
        if (one.state != ObjectState::same || !one.additions.empty()) out.push_back(std::move(one));
    return out;
  }

  RealFiles files_;
  RealCommands commands_;
  std::unique_ptr<Kubectl> kubectl_ = client();
};

TEST_F(KubernetesClient, what_was_applied_is_the_same_until_somebody_works_on_it) {
  const auto before = kubectl_->would_apply(list(shop("shop")));
  ASSERT_FALSE(before);
  EXPECT_EQ(before.error().what, "there is no namespace shop");
  const auto applied = apply(shop("shop"));
  ASSERT_TRUE(applied) << describe(applied.error().front());
  EXPECT_THAT(applied->objects, SizeIs(7));
  EXPECT_THAT(applied->warnings, IsEmpty()) << "Pod Security `restricted` has nothing to say";
  EXPECT_THAT(differences("shop"), IsEmpty());

  by_hand("shop", {"set", "env", "statefulset/web", "BY_HAND=1"});
  by_hand("shop", {"patch", "configmap", "web", "--type=merge", R"(--patch={"data":{"web.conf":"port 81\n"}})"});
  by_hand("shop", {"delete", "poddisruptionbudget", "web"});
  const std::vector<ObjectDifference> found = differences("shop");
  ASSERT_THAT(found, SizeIs(3));
  EXPECT_TRUE(found[0].conflict());
  EXPECT_EQ(found[0].fields[0].path, "data[\"web.conf\"]");
  EXPECT_THAT(found[0].fields[0].owners, ElementsAre("kubectl-patch"));
  EXPECT_EQ(found[1].state, ObjectState::missing);
  EXPECT_EQ(found[2].additions.at(0).path, "spec.template.spec.containers[name=\"web\"].env[name=\"BY_HAND\"]");

  const auto refused = apply(shop("shop"));
  ASSERT_FALSE(refused);
  ASSERT_THAT(refused.error(), SizeIs(1));
  EXPECT_EQ(refused.error()[0].where, "data.web.conf");
  EXPECT_THAT(refused.error()[0].why, HasSubstr("kubectl-patch"));
  const auto taken = apply(shop("shop"), Conflicts::take_over);
  ASSERT_TRUE(taken) << describe(taken.error().front());
  EXPECT_THAT(differences("shop"), SizeIs(1)) << "the variable by hand stays, and is told";
}

TEST_F(KubernetesClient, a_pod_is_asked_and_heard_and_gone_when_remove_comes_back) {
  ASSERT_TRUE(apply(shop("heard")));
  by_hand("heard", {"wait", "--for=jsonpath={.status.readyReplicas}=1", "statefulset/web", "--timeout=90s"});
  const PodPlace place{"heard", "web-0", "web"};
  EXPECT_EQ(kubectl_->run_inside(place, {"cat"}, "a line\n").value_or("nothing"), "a line\n");
  EXPECT_EQ(kubectl_->run_inside(place, {"cat", "/given/password", "/given/mode"}, {}).value_or("nothing"), "hunter2no");
  EXPECT_EQ(kubectl_->last_lines(place, 1).value_or("nothing"), "$(GREETING) 5$ (each)\n") << "only the shell replaces variables";
  const auto failed = kubectl_->run_inside(place, {"cat", "/absent"}, {});
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().why, HasSubstr("/absent"));
  EXPECT_FALSE(kubectl_->run_inside({"heard", "web-7", "web"}, {"cat"}, {}));

  const auto removed = kubectl_->remove("heard", {{"StatefulSet", "heard", "web"}, {"ConfigMap", "heard", "never-was"}}, Gone::waited_for);
  ASSERT_TRUE(removed) << describe(removed.error());
  const auto pods = kubectl_->get({"pods", "persistentvolumeclaims"}, "heard", {});
  ASSERT_TRUE(pods);
  ASSERT_THAT(pods->objects, SizeIs(1)) << "the claim stays";
  EXPECT_EQ(name_of(pods->objects[0]).name, "data-web-0");
  ASSERT_TRUE(kubectl_->remove_all({"persistentvolumeclaims"}, "heard", kShop, Gone::waited_for));
  EXPECT_THAT(kubectl_->get({"persistentvolumeclaims"}, "heard", {})->objects, IsEmpty());
}

TEST_F(KubernetesClient, a_namespace_that_cannot_go_and_a_quota_are_told) {
  by_hand({}, {"create", "namespace", "dying"});
  by_hand({}, {"patch", "namespace", "dying", "--type=merge", R"(--patch={"metadata":{"finalizers":["example.com/never"]}})"});
  by_hand({}, {"delete", "namespace", "dying", "--wait=false"});
  const auto dying = apply({ConfigMap{named("web", "dying"), {{"a", "b"}}}});
  ASSERT_FALSE(dying);
  EXPECT_EQ(dying.error()[0].what, "the namespace dying is going away");
  by_hand({}, {"patch", "namespace", "dying", "--type=merge", R"(--patch={"metadata":{"finalizers":null}})"});

  by_hand({}, {"create", "namespace", "small"});
  by_hand("small", {"create", "quota", "little", "--hard=services=0"});
  by_hand("small", {"wait", "--for=jsonpath={.status.hard.services}=0", "quota/little", "--timeout=30s"});
  const auto quota = apply({Service{.meta = named("web", "small"), .ports = {{"web", 80}}}});
  ASSERT_FALSE(quota);
  EXPECT_EQ(quota.error()[0].what, "the namespace's quota is exceeded");
  EXPECT_THAT(quota.error()[0].why, HasSubstr("quota little: requested: services=1"));
}

/// The golden files of the nodes, held against the server's own schemas.
TEST_F(KubernetesClient, each_golden_file_is_what_the_server_takes_but_the_secret_without_its_values) {
  by_hand({}, {"create", "namespace", "shop-redis"});
  for (const auto& entry : std::filesystem::directory_iterator(GOLDEN)) {
    if (entry.path().extension() != ".yaml") continue;
    std::vector<std::string> words = kubectl_->words({});
    words.insert(words.end(), {"apply", "--server-side", "--dry-run=server", "--validate=strict", "--force-conflicts", "--filename=" + entry.path().string()});
    const auto output = commands_.run(words, {.environment = kubectl_->environment()});
    ASSERT_TRUE(output) << describe(output.error());
    const bool secret = entry.path().stem() == "Secret";
    EXPECT_EQ(output->status == 0, !secret) << entry.path() << ": " << output->err;
    EXPECT_EQ(output->err.find("illegal base64") != std::string::npos, secret);
  }
}

/// With contexts for somebody who may do nothing, and for a server that is not there.
class OtherContexts : public KubernetesClient {
 protected:
  void SetUp() override {
    Json config = parse_json(by_hand({}, {"config", "view", "--raw", "--flatten", "--output=json"})).value();
    Json jane = config["users"].items().at(0), cluster = config["clusters"].items().at(0);
    jane.set("name", "jane").set("user", Json(jane["user"]).set("as", "jane"));
    const std::string known = cluster["name"].as_string();
    cluster.set("name", "nowhere").set("cluster", Json(cluster["cluster"]).set("server", "https://127.0.0.1:9"));
    const auto context = [](const std::string& name, const std::string& of) {
      return Json::object().set("name", name).set("context", Json::object().set("cluster", of).set("user", "jane"));
    };
    config.set("users", Json(config["users"]).push(jane)).set("clusters", Json(config["clusters"]).push(cluster));
    config.set("contexts", Json(config["contexts"]).push(context("jane", known)).push(context("nowhere", "nowhere")));
    const std::string path = directory_.path() + "/config";
    ASSERT_TRUE(files_.write(path, config.dump(), 0600, {}));
    if (const char* own = std::getenv("KUBECONFIG")) own_ = own;
    ::setenv("KUBECONFIG", path.c_str(), 1);
  }
  void TearDown() override { ::setenv("KUBECONFIG", own_.c_str(), 1); }

  TemporaryDirectory directory_;
  std::string own_;
};

TEST_F(OtherContexts, who_may_not_is_told_what_and_a_server_that_is_not_there_is_not_waited_for) {
  const std::vector<Right> rights{{"patch", "apps", "statefulsets", {}, "shop"}, {"create", "", "pods", "exec", "shop"}, {"create", "", "namespaces"}};
  EXPECT_THAT(client()->lacking(rights).value(), IsEmpty());
  const auto lacking = client("jane")->lacking(rights);
  ASSERT_TRUE(lacking) << describe(lacking.error());
  EXPECT_THAT(*lacking, SizeIs(3));
  const auto refused = client("jane")->get({"secrets", "pods"}, "shop", {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().what, "jane may not list secrets in the namespace shop");
  EXPECT_EQ(refused.error().code, ErrorCode::preflight_refused);

  const auto nowhere = client("nowhere")->versions();
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().what, "no Kubernetes API server answers");
  const auto unknown = client("unknown")->get({"pods"}, "shop", {});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().what, "the kubeconfig has no such context");
  EXPECT_THAT(client()->versions()->server, HasSubstr("v1."));
}

}  // namespace
}  // namespace keelson::kubernetes
