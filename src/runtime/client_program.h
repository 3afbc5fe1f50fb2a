#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "system/files.h"

namespace keelson {

/// The absolute path of a program of the user's PATH: clients of container engines and clusters are often outside the system's own
/// directories. "" = it is not there.
std::string find_client(Files& files, const std::string& name);

/// The lines of what a client said, without the empty ones.
std::vector<std::string> lines_of(std::string_view text);

}  // namespace keelson
