#include "pipeline/kubernetes_layouts.h"

namespace keelson {
namespace {

/// AI Kernel's handbook: what a pod of the engine asks of its node, and what it may have at most.
constexpr kubernetes::Share kAiKernelShares[] = {{"postgresql", 1'000, 2'000, 50}, {"redis", 500, 1'000, 50}};
constexpr std::string_view kAiKernelSpaces[] = {"-infrastructure", "-monitoring"};

/// Handbooks apply by hand, and so does their script: then neither finds anything to change after the other, and no fields of another manager.
constexpr KubernetesLayout kLayouts[] = {
    {.name = "",
     .spaces = "kubernetes/cluster-config.yaml",
     .policies = "kubernetes/network-policies.yaml",
     .suffix = "-cluster.yaml",
     .script = "deploy.sh",
     .apply = "kubectl apply --server-side --field-manager=keelson -f "},
    {.name = "nexus",
     .spaces = "kubernetes/cluster-config.yaml",
     .policies = "kubernetes/calico-config.yaml",
     .suffix = "-cluster.yaml",
     .script = "deploy-phase1.sh",
     .apply = "kubectl apply -f ",
     .secrets = KubernetesLayout::Secrets::within,
     .role_names = true},
    {.name = "ai-kernel",
     .spaces = "prod/k8s/namespaces/aikernel-infrastructure.yaml",
     .below = "prod/k8s/",
     .suffix = "-statefulset.yaml",
     .script = "deploy-prod.sh",
     .apply = "kubectl apply -f ",
     .secrets = KubernetesLayout::Secrets::within,
     .folders = KubernetesLayout::Folders::kinds,
     .space = "-data",
     .more_spaces = kAiKernelSpaces,
     .app_label = true,
     .shares = kAiKernelShares},
};

}  // namespace

kubernetes::Cluster KubernetesLayout::cluster(const std::string& foundation, const std::string& prefix) const {
  return {.space = kubernetes::namespace_of(foundation, prefix) + std::string(space), .role_names = role_names, .app_label = app_label, .shares = shares};
}

std::span<const KubernetesLayout> kubernetes_layouts() { return kLayouts; }

Result<const KubernetesLayout*> find_kubernetes_layout(const std::string& name) {
  std::string known;
  for (const KubernetesLayout& layout : kLayouts) {
    if (layout.name == name) return &layout;
    if (!layout.name.empty()) known += std::string(layout.name) + ", ";
  }
  return fail_as(ErrorCode::usage, "there is no layout '" + name + "' for Kubernetes", "--layout", {}, known + "or leave it out");
}

}  // namespace keelson
