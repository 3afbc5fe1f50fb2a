#pragma once
#include <span>

#include "base/result.h"
#include "component/setting.h"

namespace keelson {

/// Reads a scalar as it stands in YAML into the type a setting declares (sizes, durations, choices, bounds checked).
/// The Error's `what` and `next` speak of the value; the caller adds where.
Result<SettingValue> read_scalar(const Setting& setting, std::string_view text);

/// Adds the default of every setting that is absent and has one (nested objects too; an object whose fields have defaults
/// is itself created). Fails only on a table that contradicts itself, which is our bug.
Result<void> fill_defaults(Settings& settings, std::span<const Setting> table);

}  // namespace keelson
