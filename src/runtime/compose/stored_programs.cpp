#include "runtime/compose/stored_programs.h"

namespace keelson::compose {

const Artifact* StoredPrograms::find(const std::string& id) const {
  for (const Component& component : foundation_.components)
    for (const Artifact& artifact : component.kind->artifacts)
      if (artifact.id == id) return &artifact;
  return nullptr;
}

std::string StoredPrograms::program(const std::string& artifact, const std::string& relative) const {
  const Artifact* known = find(artifact);
  return (known == nullptr ? std::string() : store_.tree(*known)) + "/" + relative;
}

std::vector<std::pair<std::string, std::string>> StoredPrograms::environment(const std::string& artifact) const {
  const Artifact* known = find(artifact);
  return known == nullptr ? std::vector<std::pair<std::string, std::string>>{} : store_.environment(*known);
}

}  // namespace keelson::compose
