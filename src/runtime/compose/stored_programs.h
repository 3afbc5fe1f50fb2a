#pragma once
#include "artifact/store.h"
#include "model/foundation.h"
#include "runtime/container_layout.h"

namespace keelson::compose {

/// The engines' own programs as the artifact store of this machine has them, from which images are made: clients run here, not in a container.
class StoredPrograms : public ContainerLayout {
 public:
  StoredPrograms(const Foundation& foundation, const ArtifactStore& store) : foundation_(foundation), store_(store) {}
  std::string program(const std::string& artifact, const std::string& relative) const override;
  std::vector<std::pair<std::string, std::string>> environment(const std::string& artifact) const override;

 private:
  const Artifact* find(const std::string& id) const;
  const Foundation& foundation_;
  const ArtifactStore& store_;
};

}  // namespace keelson::compose
