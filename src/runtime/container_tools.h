#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "component/instance.h"

namespace keelson {

/// Beside the instance's other files, /keelson/keelson-tools.json: what Instance::tools says.
inline constexpr std::string_view kToolsFile = "keelson-tools.json";

std::string tools_text(const Instance& instance);

/// The command line that `/usr/local/bin/redis-cli ping` stands for, by the text of that file: `typed` is "/usr/local/bin/redis-cli", "ping". Fails when
/// the file does not have that client.
Result<std::vector<std::string>> tool_command(const std::string& tools, const std::vector<std::string>& typed);

/// The same where there is no such file: the program behind the one in front.
std::vector<std::string> bare_client(std::vector<std::string> typed);

}  // namespace keelson
