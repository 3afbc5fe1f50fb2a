#include "cli/dispatch.h"

#include <unistd.h>

#include <filesystem>

#include "cli/opening.h"
#include "cli/verbs.h"

namespace keelson::cli {
namespace {

/// The command as typed, for the journal: up to `--`, because what follows is another program's and may hold a secret.
std::string as_typed(const std::vector<std::string>& arguments) {
  std::string out = "keelson";
  for (const std::string& argument : arguments) {
    if (argument == "--") break;
    out += " " + argument;
  }
  return out;
}

/// One name for a state directory, however it was typed: the registry and the sealed store's key go by it. "" stays "".
std::string absolute(const std::string& path, const std::string& directory) {
  if (path.empty()) return {};
  std::string out = (std::filesystem::path(directory) / path).lexically_normal().string();
  while (out.size() > 1 && out.ends_with('/')) out.pop_back();
  return out;
}

Format format_of(const Command& command) {
  return std::visit([](const auto& options) {
    if constexpr (requires { options.common.format; }) return options.common.format;
    else if constexpr (requires { options.format; }) return options.format;
    else return Format::table;
  }, command);
}

void complete(Command& command, const std::vector<std::string>& arguments) {
  std::visit([&](auto& options) {
    if constexpr (requires { options.common; }) {
      std::error_code ignored;
      options.common.request.directory = std::filesystem::current_path(ignored).string();
      options.common.request.state_dir = absolute(options.common.request.state_dir, options.common.request.directory);
      options.common.request.command = as_typed(arguments);
      options.common.request.program = own_path();
    }
  }, command);
}

}  // namespace

int run_command_line(const std::vector<std::string>& arguments, const Environment& environment) {
  Parsed parsed = parse(arguments, environment);
  Output output(STDOUT_FILENO, STDERR_FILENO);
  if (!parsed.command) {
    output.print(parsed.out);
    if (!parsed.err.empty()) output.note(parsed.err.substr(0, parsed.err.find_last_not_of('\n') + 1));
    return output.finish(parsed.exit);
  }
  complete(*parsed.command, arguments);
  output.set_format(format_of(*parsed.command));
  const int code = std::visit([&](const auto& options) { return run(options, output); }, *parsed.command);
  return output.finish(code);
}

}  // namespace keelson::cli
