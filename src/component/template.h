#pragma once
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "component/text.h"

namespace keelson {

/// Fills `{{key}}` places of an embedded config text. Strict: a place without a value and a value without a place are
/// errors (they are our bugs, found by the first test that renders). There are no loops and no conditions: compose
/// smaller texts in code instead.
Result<Text> fill(std::string_view name, std::string_view text, const std::vector<std::pair<std::string_view, Text>>& values);

}  // namespace keelson
