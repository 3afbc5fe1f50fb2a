#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <vector>

#include "cli/dispatch.h"

extern char** environ;

namespace {

/// A descriptor 0, 1 or 2 that the caller closed would become the next file opened, and errors would be written into it.
void keep_standard_descriptors() {
  for (int descriptor = 0; descriptor <= 2; ++descriptor)
    if (::fcntl(descriptor, F_GETFD) < 0 && ::open("/dev/null", descriptor == 0 ? O_RDONLY : O_WRONLY) < 0) ::_exit(1);
}

keelson::cli::Environment read_environment() {
  keelson::cli::Environment environment;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const std::size_t equals = text.find('=');
    if (equals != std::string::npos && text.starts_with("KEELSON_")) environment[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return environment;
}

}  // namespace

int main(int argc, char** argv) {
  keep_standard_descriptors();
  ::signal(SIGPIPE, SIG_IGN);  // a reader that goes away is seen where it is written
  return keelson::cli::run_command_line(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc), read_environment());
}
