#pragma once
#include <string>
#include <vector>

#include "runtime/kubernetes/seen.h"

namespace keelson::kubernetes {

/// A field that applying would change. Which fields those are is not ours to compute: the API server says what an object would be after an apply
/// (Kubectl::would_apply), with all its defaults, and that is held against what the object is.
struct FieldDifference {
  std::string path;   ///< "spec.template.spec.containers[name=\"redis\"].image", "data[\"redis.conf\"]"
  std::string live;   ///< as JSON; "" = it is not there; of a Secret only "a value"
  std::string wanted;
  std::vector<std::string> owners;  ///< managers other than keelson that set it: taking it over is a conflict
};

/// Something that another manager has put into an object beside what keelson sets there; an apply leaves it.
struct Addition {
  std::string path;
  std::string owner;
};

enum class ObjectState {
  missing,    ///< it would be made
  same,
  different,  ///< `fields` would change
  leaving,    ///< somebody deleted it, and it is not gone yet
  stray,      ///< it has the labels, and nobody names it any more
};

struct ObjectDifference {
  ObjectName name;
  ObjectState state = ObjectState::same;
  std::vector<FieldDifference> fields = {};
  std::vector<Addition> additions = {};

  /// Whether an apply that takes nothing over would be refused.
  bool conflict() const;
};

/// `live`: what is there; `applied`: what applying would make of it, in the order of the list that was applied. First an entry for each of those, in
/// that order, then the strays: objects of the kinds of object.h that are there and not in the list. What a controller owns is none. Pure.
std::vector<ObjectDifference> compare(const Seen& live, const Seen& applied);

}  // namespace keelson::kubernetes
