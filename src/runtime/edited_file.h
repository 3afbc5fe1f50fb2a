#pragma once
#include <string>

#include "base/result.h"
#include "system/files.h"

namespace keelson {

/// Changes a configuration file as somebody by hand would: a comment more at its end. The file itself is kept beside it, and comes back as it was, with its owner, mode and
/// times. Fails when it is changed already.
Result<void> edit_by_hand(Files& files, const std::string& path);
/// Right also where nothing was changed.
Result<void> undo_edit_by_hand(Files& files, const std::string& path);

}  // namespace keelson
