// What runtimes and drills have keelson do inside containers.
#include <signal.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <iostream>
#include <iterator>

#include "base/encoding.h"
#include "cli/replace_process.h"
#include "cli/verbs.h"
#include "pipeline/inside.h"
#include "protocol/haproxy.h"
#include "runtime/container/strike.h"
#include "system/files.h"
#include "verify/container_look.h"

namespace keelson::cli {
namespace {

std::string standard_input() { return {std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>()}; }

}  // namespace

int run(const RelayOptions& options, Output& output) {
  const auto answer = ask_haproxy(options.socket, standard_input());
  if (!answer) return output.error(answer.error());
  output.print(*answer);
  return 0;
}

int run(const LookOptions& options, Output& output) {
  output.print(checks::look_json(checks::look_around(options.places)).dump() + "\n");
  return 0;
}

int run(const InsideOptions& options, Output& output) {
  const auto answer = answer_inside(standard_input(), options.directory);
  if (!answer) return output.error(answer.error());
  output.print(answer->dump() + "\n");
  return 0;
}

/// The first process of a container is ended by no signal that it does not wait for.
int run(const PauseOptions& options, Output&) {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  const timespec at_most{options.seconds, 0};
  ::sigtimedwait(&ends, nullptr, &at_most);
  return 0;
}

/// A secret comes by standard input.
int run(const TellOptions& options, Output& output) {
  RealFiles real_files;
  Files& files = real_files;
  const auto written = files.write(options.path, options.text.empty() ? standard_input() : options.text, 0600);
  return written ? 0 : output.error(written.error());
}

int run(const WithOptions& options, Output& output) {
  RealFiles real_files;
  Files& files = real_files;
  const auto text = files.read(options.file, 1 << 16);
  if (!text) return output.error(text.error());
  static_cast<void>(files.remove(options.file));  // the password is in the client's memory from now on
  const auto variables = parse_json(*text);
  if (!variables) return output.error(variables.error());
  const std::map<std::string, std::string> map = string_map_from(*variables);
  return output.error(replace_process(options.command, environment_with({map.begin(), map.end()})));
}

int run(const SignalOptions& options, Output& output) {
  if (::kill(1, options.number) == 0) return 0;
  return output.error(Error{ErrorCode::failed, "cannot send signal " + std::to_string(options.number), "process 1", std::strerror(errno)});
}

int run(const StrikeOptions& options, Output& output) {
  const auto killed = container::strike("/proc", options.word);
  if (!killed) return output.error(killed.error());
  output.print(std::to_string(*killed) + (*killed == 1 ? " process" : " processes") + "\n");
  return 0;
}

}  // namespace keelson::cli
