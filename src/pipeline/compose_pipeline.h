#pragma once
#include <memory>

#include "pipeline/opened.h"

namespace keelson {

/// resolve, at the addresses of the foundation's Compose networks.
Checked<std::unique_ptr<Pipeline>> open_compose(OpenedBlueprint opened);

}  // namespace keelson
