#pragma once
#include <string>

#include "base/result.h"

namespace keelson {

/// What a sabotage says, and a runtime that is to do a harm, where there is nothing of the kind: ErrorCode::not_supported.
inline tl::unexpected<Error> nothing_to_damage(const std::string& why) { return fail_as(ErrorCode::not_supported, "nothing to damage", {}, why); }

}  // namespace keelson
