// What runtimes and drills have keelson do inside containers.
#include <signal.h>

#include <ctime>
#include <iostream>
#include <iterator>

#include "cli/verbs.h"
#include "pipeline/inside.h"
#include "protocol/haproxy.h"
#include "runtime/container/strike.h"
#include "system/files.h"
#include "verify/container_look.h"

namespace keelson::cli {

int run(const RelayOptions& options, Output& output) {
  std::string question((std::istreambuf_iterator<char>(std::cin)), std::istreambuf_iterator<char>());
  const auto answer = ask_haproxy(options.socket, question);
  if (!answer) return output.error(answer.error());
  output.print(*answer);
  return 0;
}

int run(const LookOptions& options, Output& output) {
  output.print(checks::look_json(checks::look_around(options.places)).dump() + "\n");
  return 0;
}

int run(const InsideOptions& options, Output& output) {
  const std::string question((std::istreambuf_iterator<char>(std::cin)), std::istreambuf_iterator<char>());
  const auto answer = answer_inside(question, options.directory);
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

int run(const TellOptions& options, Output& output) {
  RealFiles real_files;
  Files& files = real_files;
  const auto written = files.write(options.path, options.text, 0600);
  return written ? 0 : output.error(written.error());
}

int run(const StrikeOptions& options, Output& output) {
  const auto killed = container::strike("/proc", options.word);
  if (!killed) return output.error(killed.error());
  output.print(std::to_string(*killed) + (*killed == 1 ? " process" : " processes") + "\n");
  return 0;
}

}  // namespace keelson::cli
