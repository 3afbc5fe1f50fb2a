#pragma once
#include <string>

#include "base/json.h"
#include "base/result.h"
#include "component/kind.h"

namespace keelson::cli {

/// What `keelson explain SUBJECT` says: every kind ("" = all), one kind with its settings, or one setting
/// ("postgresql.backup.keep"). Read from the settings tables. Pure.
Result<std::string> explain_text(Catalog catalog, const std::string& subject);

/// The same as {kinds:[…]}, {kind:{…}} or {setting:{…}}.
Result<Json> explain_json(Catalog catalog, const std::string& subject);

}  // namespace keelson::cli
