#pragma once
#include <string>
#include <vector>

namespace keelson::cli {

/// A flag as help, completion and the reference show it.
struct FlagInfo {
  std::string name = {};                  ///< "--profile"
  std::string letter = {};                ///< "-f" or ""
  std::string value = {};                 ///< placeholder of its value, "NAME"; "" = a switch
  std::string doc = {};
  std::vector<std::string> choices = {};  ///< the only values it takes; empty = free
  bool repeated = false;                  ///< may be given several times; its variable separates values by ':'
  /// The variable that stands in for it: --detailed-exitcode -> KEELSON_DETAILED_EXITCODE.
  std::string variable() const;
};

struct ArgumentInfo {
  std::string name = {};  ///< "MEMBER"
  std::string doc = {};
  bool required = true;
  bool repeated = false;
  std::vector<std::string> choices = {};
};

/// A verb with all it takes: the tree that the parser is built from, in plain data.
struct VerbInfo {
  std::string name = {};
  std::string summary = {};  ///< one line
  std::string details = {};  ///< paragraphs below it; may be empty
  std::string trailing = {}; ///< what may follow `--`; "" = nothing
  bool hidden = false;
  std::vector<FlagInfo> flags = {};
  std::vector<ArgumentInfo> arguments = {};
  std::vector<VerbInfo> verbs = {};
};

/// `keelson --help` (of the root) or `keelson <path> --help`. At most 80 columns. Ends in a newline.
std::string help_text(const VerbInfo& verb, const std::string& path);

/// docs/reference/cli.md, whole.
std::string reference_text(const VerbInfo& root);

/// The completion script for "bash", "zsh" or "fish".
std::string completion_script(const VerbInfo& root, const std::string& shell);

}  // namespace keelson::cli
