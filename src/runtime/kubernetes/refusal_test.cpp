#include "runtime/kubernetes/refusal.h"

#include <gmock/gmock.h>

namespace keelson::kubernetes {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

Errors read(const std::string& said) { return refusals({1, {}, said}, "cannot apply"); }

/// The only error in what kubectl said.
Error one(const std::string& said) {
  const Errors errors = read(said);
  EXPECT_THAT(errors, SizeIs(1)) << said;
  return errors.front();
}

constexpr const char* kHowToResolve =
    "Please review the fields above--they currently have other managers. Here\nare the ways you can resolve this warning:\n"
    "* If you intend to manage all of these fields, please re-run the apply\n  command with the `--force-conflicts` flag.\n"
    "See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts\n";

TEST(Refusal, a_server_that_is_not_there_is_told_once_and_without_the_clients_own_log) {
  const Error error = one(
      "E1128 11:47:58.326805    5662 memcache.go:265] \"Unhandled Error\" err=\"couldn't get current server API group list: dial tcp 10.99.0.1:9: connect: connection refused\"\n"
      "E1128 11:47:58.328131    5662 memcache.go:265] \"Unhandled Error\" err=\"couldn't get current server API group list: dial tcp 10.99.0.1:9: connect: connection refused\"\n"
      "The connection to the server 10.99.0.1:9 was refused - did you specify the right host or port?\n");
  EXPECT_EQ(error.code, ErrorCode::preflight_refused);
  EXPECT_EQ(error.what, "no Kubernetes API server answers");
  EXPECT_EQ(error.why, "The connection to the server 10.99.0.1:9 was refused - did you specify the right host or port?");
  EXPECT_THAT(error.next, HasSubstr("kubectl cluster-info"));
  EXPECT_EQ(one("Unable to connect to the server: dial tcp 10.99.0.77:6443: connect: no route to host\n").what, "no Kubernetes API server answers");
}

TEST(Refusal, each_reason_why_a_server_cannot_be_asked_has_its_own_words) {
  EXPECT_THAT(one("Unable to connect to the server: tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time "
                  "2026-11-28T11:49:25Z is after 2026-11-27T11:49:24Z\n").what, HasSubstr("not valid now"));
  EXPECT_THAT(one("Unable to connect to the server: tls: failed to verify certificate: x509: certificate signed by unknown authority\n").what, HasSubstr("trusts"));
  EXPECT_THAT(one("error: You must be logged in to the server (Unauthorized)\n").next, HasSubstr("expired"));
  EXPECT_EQ(one("error: the server doesn't have a resource type \"roles\"\n").what, "the Kubernetes API server gives no whole answer") << "of one that stops in the middle";
  EXPECT_THAT(one("Error in configuration: context was not found for specified context: nowhere\n").next, HasSubstr("get-contexts"));
  EXPECT_THAT(one("error: context \"nowhere\" does not exist\n").next, HasSubstr("get-contexts"));
  EXPECT_THAT(one("The connection to the server localhost:8080 was refused - did you specify the right host or port?\n").next, HasSubstr("KUBECONFIG"));
}

TEST(Refusal, who_may_not_do_what_is_told_for_each_object_with_the_question_that_shows_the_right) {
  const Errors errors = read(
      "Error from server (Forbidden): configmaps \"redis-1\" is forbidden: User \"jane\" cannot patch resource \"configmaps\" in API group \"\" in the namespace \"shop\"\n"
      "Error from server (Forbidden): statefulsets.apps \"redis-1\" is forbidden: "
      "User \"jane\" cannot patch resource \"statefulsets\" in API group \"apps\" in the namespace \"shop\"\n"
      "Error from server (Forbidden): namespaces is forbidden: User \"jane\" cannot create resource \"namespaces\" in API group \"\" at the cluster scope\n");
  ASSERT_THAT(errors, SizeIs(3));
  EXPECT_EQ(errors[0].code, ErrorCode::preflight_refused);
  EXPECT_EQ(errors[0].what, "jane may not patch configmaps in the namespace shop");
  EXPECT_THAT(errors[1].next, HasSubstr("kubectl auth can-i patch statefulsets.apps --namespace shop"));
  EXPECT_EQ(errors[2].what, "jane may not create namespaces in the cluster");
}

TEST(Refusal, a_conflict_names_field_and_owner) {
  const Error error = one(R"(error: Apply failed with 1 conflict: conflict with "kubectl-set" using apps/v1: .spec.template.spec.containers[name="redis"].image)" +
                          std::string("\n") + kHowToResolve);
  EXPECT_EQ(error.where, "spec.template.spec.containers[name=\"redis\"].image");
  EXPECT_EQ(error.why, "it was last set by kubectl-set");
  EXPECT_EQ(one(std::string("Apply failed with 1 conflict: conflict with \"other\": .spec.replicas\n") + kHowToResolve).where, "spec.replicas");
}

TEST(Refusal, conflicts_of_several_owners_and_objects_are_all_told) {
  const Errors errors = read(std::string("Apply failed with 2 conflicts: conflicts with \"keelson\":\n- .spec.ports[port=26379,protocol=\"TCP\"].targetPort\n- .spec.type\n"
                                         "conflicts with \"other\" using v1:\n- .spec.ports[port=26379,protocol=\"TCP\"].targetPort\n") + kHowToResolve +
                             "Apply failed with 1 conflict: conflict with \"kubectl-patch\" using v1: .data.redis.conf\n" + kHowToResolve);
  ASSERT_THAT(errors, SizeIs(4));
  EXPECT_EQ(errors[1].where, "spec.type");
  EXPECT_EQ(errors[2].why, "it was last set by other");
  EXPECT_EQ(errors[3].where, "data.redis.conf");
}

TEST(Refusal, a_quota_and_a_namespace_that_goes_away_are_known) {
  const Error quota = one("Error from server (Forbidden): configmaps \"redis-9\" is forbidden: exceeded quota: q, "
                          "requested: configmaps=1, used: configmaps=2, limited: configmaps=1\n");
  EXPECT_EQ(quota.code, ErrorCode::failed);
  EXPECT_EQ(quota.where, "configmaps/redis-9");
  EXPECT_EQ(quota.why, "quota q: requested: configmaps=1, used: configmaps=2, limited: configmaps=1");
  const Error dying = one("Error from server (Forbidden): services \"redis-master\" is forbidden: "
                          "unable to create new content in namespace dying because it is being terminated\n");
  EXPECT_EQ(dying.what, "the namespace dying is going away");
  EXPECT_THAT(dying.next, HasSubstr("kubectl get namespace dying -o yaml"));
  EXPECT_EQ(one("Error from server (NotFound): namespaces \"shop\" not found\nError from server (NotFound): namespaces \"shop\" not found\n").what, "there is no namespace shop");
}

TEST(Refusal, what_is_not_known_is_told_in_kubectls_words_to_the_last) {
  const Error error = one("The Service \"redis-master\" is invalid: \n* spec.ports[2].name: Duplicate value: \"redis\"\n"
                          "* spec.ports[2].protocol: Unsupported value: \"NOPE\"\n");
  EXPECT_EQ(error.what, "cannot apply");
  EXPECT_EQ(error.why, "The Service \"redis-master\" is invalid: spec.ports[2].name: Duplicate value: \"redis\" spec.ports[2].protocol: Unsupported value: \"NOPE\"");
  EXPECT_EQ(one("Error from server (BadRequest): pod redis-1-0 does not have a host assigned\n").why, "pod redis-1-0 does not have a host assigned");
  EXPECT_EQ(one("").why, "kubectl ended with 1");
}

TEST(Refusal, a_warning_is_no_refusal) {
  const std::string said = "Warning: would violate PodSecurity \"restricted:latest\": runAsNonRoot != true\nWARNING: version difference between client and server\n";
  EXPECT_THAT(warnings(said), ElementsAre(StartsWith("would violate PodSecurity")));
  EXPECT_THAT(one(said + "error: You must be logged in to the server (Unauthorized)\n").why, StartsWith("You must be logged in"));
}

}  // namespace
}  // namespace keelson::kubernetes
