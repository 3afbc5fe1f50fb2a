#include "cli/replace_process.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <map>

extern char** environ;

namespace keelson::cli {
namespace {

constexpr int kCannotRun = 127;  ///< as a shell says it

}  // namespace

Error replace_process(const std::vector<std::string>& argv, const std::vector<std::pair<std::string, std::string>>& environment) {
  std::vector<std::string> assignments;
  for (const auto& [name, value] : environment) assignments.push_back(name + "=" + value);
  std::vector<char*> arguments;
  for (const std::string& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  std::vector<char*> variables;
  for (std::string& assignment : assignments) variables.push_back(assignment.data());
  variables.push_back(nullptr);

  ::signal(SIGPIPE, SIG_DFL);
  ::execvpe(arguments.front(), arguments.data(), variables.data());
  const int problem = errno;
  ::signal(SIGPIPE, SIG_IGN);
  return {ErrorCode::failed, "cannot run it", argv.front(), std::strerror(problem), {}};
}

Result<int> run_to_end(const std::vector<std::string>& argv, const std::vector<std::pair<std::string, std::string>>& environment) {
  const pid_t child = ::fork();
  if (child < 0) return fail("cannot run it", argv.front(), std::strerror(errno));
  if (child == 0) {
    const Error failed = replace_process(argv, environment);
    const std::string told = "keelson: " + describe(failed) + "\n";
    static_cast<void>(!::write(STDERR_FILENO, told.data(), told.size()));
    ::_exit(kCannotRun);
  }
  const auto interrupted = ::signal(SIGINT, SIG_IGN), quit = ::signal(SIGQUIT, SIG_IGN);
  int status = 0;
  pid_t ended = 0;
  while ((ended = ::waitpid(child, &status, 0)) < 0 && errno == EINTR) {}
  ::signal(SIGINT, interrupted);
  ::signal(SIGQUIT, quit);
  if (ended != child) return fail("cannot wait for its end", argv.front(), std::strerror(errno));
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::vector<std::pair<std::string, std::string>> environment_with(const std::vector<std::pair<std::string, std::string>>& changes) {
  std::map<std::string, std::string> merged;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const std::size_t equals = text.find('=');
    if (equals != std::string::npos) merged[text.substr(0, equals)] = text.substr(equals + 1);
  }
  for (const auto& [name, value] : changes) merged[name] = value;
  return {merged.begin(), merged.end()};
}

}  // namespace keelson::cli
