#pragma once
#include <string>

#include "base/json.h"

namespace keelson::compose {

/// `value` as block-style YAML that YAML 1.1 and 1.2 readers understand alike: strings stand bare only where nothing else could be
/// meant, and quoted otherwise. Lists of short scalars are written in one line. Ends in a newline.
std::string yaml_text(const Json& value);

}  // namespace keelson::compose
