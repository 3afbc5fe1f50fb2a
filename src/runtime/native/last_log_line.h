#pragma once
#include <string>

#include "system/files.h"

namespace keelson::native {

/// The last line an instance wrote, for an error: printable, at most 200 bytes; "" when there is none. `path`: its log file.
std::string last_log_line(Files& files, const std::string& path);

}  // namespace keelson::native
