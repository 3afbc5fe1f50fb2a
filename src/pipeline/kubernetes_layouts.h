#pragma once
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "runtime/kubernetes/placement.h"

namespace keelson {

/// How a rendered folder for Kubernetes is laid out: keelson's own way, or as the handbook of a foundation names files, namespaces and pods.
struct KubernetesLayout {
  enum class Secrets { apart, within };     ///< a file of their own, or so that each file can be applied by itself
  enum class Folders { entries, kinds };    ///< an entry's folder is called as it is, or as its kind is

  std::string_view name;      ///< of --layout; "" = keelson's own
  std::string_view spaces;    ///< the file with the namespaces, applied first; its first line says whose the folder is
  std::string_view policies;  ///< the file that says who may talk to whom; "" = that stands in the file of whom it is about
  std::string_view below;     ///< where the entries' folders are: "prod/k8s/"
  std::string_view suffix;    ///< of an entry's file, after the name of its folder
  std::string_view script;
  std::string_view apply;     ///< the script's command for each file
  Secrets secrets = Secrets::apart;
  Folders folders = Folders::entries;
  std::string_view space = {};                        ///< follows the foundation's name in that of its namespace
  std::span<const std::string_view> more_spaces = {};  ///< the same of namespaces for what is not there yet
  bool role_names = false;                             ///< Cluster's
  bool app_label = false;
  std::span<const kubernetes::Share> shares = {};

  kubernetes::Cluster cluster(const std::string& foundation, const std::string& prefix) const;
};

/// Every one, keelson's own first.
std::span<const KubernetesLayout> kubernetes_layouts();

Result<const KubernetesLayout*> find_kubernetes_layout(const std::string& name);

}  // namespace keelson
