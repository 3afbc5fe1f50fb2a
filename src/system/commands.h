#pragma once
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace keelson {

struct CommandOptions {
  std::vector<std::pair<std::string, std::string>> environment = {};  ///< complete; empty = a minimal one (PATH, LANG=C.UTF-8)
  std::string directory = "/";
  std::string input = {};           ///< standard input
  int timeout_ms = 60'000;          ///< then its process group is killed and the result is an error
  std::size_t output_limit = 16 << 20;
  int uid = -1, gid = -1;           ///< run as this user (needs root); no extra groups
  std::function<void(const std::string& line)> on_line = {};  ///< each line of stdout and stderr as it comes
};

struct CommandOutput {
  int status = 0;       ///< exit code, or 128 + signal
  std::string out = {};
  std::string err = {};
};

/// Runs short programs of the machine (apt-get, useradd, dpkg-deb, nft). Never a shell. argv[0] is looked up in PATH
/// (/usr/sbin:/usr/bin:/sbin:/bin). A program that cannot be started is an error; a non-zero exit is a CommandOutput.
class Commands {
 public:
  virtual ~Commands() = default;
  virtual Result<CommandOutput> run(const std::vector<std::string>& argv, const CommandOptions& options = {}) = 0;
};

class RealCommands : public Commands {
 public:
  Result<CommandOutput> run(const std::vector<std::string>& argv, const CommandOptions& options) override;
};

}  // namespace keelson
