#pragma once
#include <cstdint>
#include <optional>
#include <variant>

#include "runtime/kubernetes/meta.h"

namespace keelson::kubernetes {

/// A key of a ConfigMap or Secret as a file.
struct KeyFile {
  std::string key;
  std::string path;              ///< relative to where the volume is mounted
  std::optional<unsigned> mode = {};  ///< 0440; nothing = the volume's
};

struct ConfigMapSource {
  std::string name;
  std::vector<KeyFile> files = {};  ///< empty = every key by its name
};

struct SecretSource {
  std::string name;
  std::vector<KeyFile> files = {};
};

/// Several sources in one directory. Files belong to root and the pod's fsGroup.
struct Projected {
  std::vector<std::variant<ConfigMapSource, SecretSource>> sources = {};
  unsigned mode = 0440;
};

enum class Medium { disk, memory };

/// A directory that lives as long as the pod. In memory it counts against the limits of the containers.
struct EmptyDir {
  Medium medium = Medium::disk;
  std::int64_t size_limit = 0;  ///< bytes, 0 = none
};

struct Volume {
  std::string name;
  std::variant<EmptyDir, Projected> source = {};
};

/// A volume, or one file or directory of it, inside a container. What is mounted by `sub_path` keeps its contents when the ConfigMap or Secret
/// changes; whole volumes follow within about a minute.
struct VolumeMount {
  std::string volume;
  std::string path;           ///< absolute
  std::string sub_path = {};  ///< "" = the whole volume
  enum class Access { write, read } access = Access::write;
};

Json json(const Volume& volume);
Json json(const VolumeMount& mount);

}  // namespace keelson::kubernetes
