#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/json.h"

/// What keeps pods from coming and goes only when somebody does something about it. All pure.
namespace keelson::kubernetes {

/// Why nothing can be made in a namespace that somebody deleted, with what holds it, as its own conditions say. `space`: a Namespace; nothing = it stays.
std::optional<Error> going_away(const Json& space);

/// Why a set has no pod: the API server refuses it (a quota, an admission). `events` of its namespace; of a set that was made anew only its own count.
std::optional<Error> refused_pod(const std::vector<Json>& events, const Json& set);

}  // namespace keelson::kubernetes
