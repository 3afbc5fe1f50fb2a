#pragma once
#include <string>
#include <vector>

#include "cli/command_line.h"

namespace keelson::cli {

/// The whole program but for the process: parses, does, tells. `arguments` without argv[0]. Returns the exit code.
int run_command_line(const std::vector<std::string>& arguments, const Environment& environment);

}  // namespace keelson::cli
