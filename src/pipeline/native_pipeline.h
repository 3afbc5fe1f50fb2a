#pragma once
#include <memory>

#include "pipeline/opened.h"

namespace keelson {

/// resolve, at the place the host registry gave (or would give) the foundation.
Checked<std::unique_ptr<Pipeline>> open_native(OpenedBlueprint opened);

}  // namespace keelson
