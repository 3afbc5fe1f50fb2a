#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/options.h"
#include "cli/verb_info.h"

namespace keelson::cli {

/// KEELSON_* and what else `parse` may look at. Handed in, so that tests need not change the process.
using Environment = std::map<std::string, std::string>;

/// A command, or the text to print and the code to exit with.
struct Parsed {
  std::optional<Command> command = {};
  std::string out = {};  ///< help, for standard output
  std::string err = {};  ///< what is wrong with the command line
  int exit = 0;
};

/// Reads a command line (without argv[0]). Flag > variable > file. Pure. What follows `--` is never interpreted.
Parsed parse(const std::vector<std::string>& arguments, const Environment& environment);

/// The whole tree of verbs, for help, completion and the reference.
VerbInfo verb_tree();

}  // namespace keelson::cli
