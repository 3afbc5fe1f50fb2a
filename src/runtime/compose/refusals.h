#pragma once
#include "base/error.h"
#include "model/foundation.h"

namespace keelson::compose {

/// What a foundation asks for that the Compose runtime cannot do, each with ErrorCode::not_supported: container_refusals, and what is Compose's own. None = go on.
Errors refusals(const Foundation& foundation);

}  // namespace keelson::compose
