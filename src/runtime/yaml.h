#pragma once
#include <string>

#include "base/json.h"

namespace keelson {

/// `value` as block-style YAML that YAML 1.1 and 1.2 readers understand alike: strings stand bare only where nothing else could be
/// meant, and quoted otherwise; text of several lines is a literal block where that gives it back unchanged. Lists of short scalars are
/// written in one line. Ends in a newline.
std::string yaml_text(const Json& value);

}  // namespace keelson
