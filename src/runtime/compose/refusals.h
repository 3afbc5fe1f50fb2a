#pragma once
#include "base/error.h"
#include "model/foundation.h"

namespace keelson::compose {

/// What a foundation asks for that the Compose runtime cannot do yet: one error for each entry of the blueprint, each with
/// ErrorCode::not_supported and the first reason. Decided by what instances need, never by a kind's name. None = go on.
Errors refusals(const Foundation& foundation);

}  // namespace keelson::compose
