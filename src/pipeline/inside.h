#pragma once
#include <string>

#include "base/json.h"
#include "base/result.h"

namespace keelson {

/// Answers one question (runtime/kubernetes/inside.h) from inside a pod: asks engines, or changes them. Files it is handed lie below `directory`, in
/// memory, until it ends.
Result<Json> answer_inside(const std::string& question, const std::string& directory);

}  // namespace keelson
