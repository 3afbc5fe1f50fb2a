#pragma once
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace keelson::cli {

/// Becomes another program, with SIGPIPE back at its default (keelson ignores it; engines and clients must not inherit
/// that). `argv` begins with the program, which is looked up in PATH only when it holds no slash. Returns only on failure.
Error replace_process(const std::vector<std::string>& argv, const std::vector<std::pair<std::string, std::string>>& environment);

/// Runs another program on this terminal to its end, as replace_process would; its exit status, or 128 and the signal that ended it. What is typed to interrupt is for
/// the program alone.
Result<int> run_to_end(const std::vector<std::string>& argv, const std::vector<std::pair<std::string, std::string>>& environment);

/// This process's environment, with `changes` over it.
std::vector<std::pair<std::string, std::string>> environment_with(const std::vector<std::pair<std::string, std::string>>& changes);

}  // namespace keelson::cli
