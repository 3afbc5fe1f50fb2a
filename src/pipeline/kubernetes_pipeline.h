#pragma once
#include <memory>

#include "pipeline/opened.h"

namespace keelson {

/// resolve, at the names that a cluster's Services give.
Checked<std::unique_ptr<Pipeline>> open_kubernetes(OpenedBlueprint opened);

}  // namespace keelson
