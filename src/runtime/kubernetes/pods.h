#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"

namespace keelson::kubernetes {

/// The pod of an instance, as the API tells of it (core/v1 Pod).
struct Pod {
  std::string name;
  std::string phase;         ///< "Pending", "Running", "Succeeded", "Failed", "Unknown"
  bool ready = false;
  bool leaving = false;      ///< it was deleted and has not ended yet
  int restarts = 0;          ///< of its container
  std::int64_t started_ms = 0;   ///< of its container: wall clock, milliseconds since 1970; 0 = it does not run
  std::string revision = {};     ///< of the StatefulSet's template it was made from
  std::string node = {};
  /// What it waits for, or what ended it last, in the API's own words: "ErrImageNeverPull: Container image … is not present". "" = nothing
  std::string trouble = {};
  bool unplaced = false;     ///< no node takes it: none has the room, or its volume cannot be made
  bool hopeless = false;     ///< waiting longer mends nothing: its image is missing, it ends again and again
  std::string next = {};     ///< what its reader might do about it; "" = nothing special
};

/// The pods among some objects, by the instance they are labelled with. Pure.
std::map<std::string, Pod> pods_by_instance(const std::vector<Json>& objects);

/// The first of some instances whose pod does not serve, or is about to end; "" = all do. Pure.
std::string first_away(const std::map<std::string, Pod>& pods, const std::vector<std::string>& instances);

}  // namespace keelson::kubernetes
