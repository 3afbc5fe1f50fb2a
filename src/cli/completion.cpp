#include "cli/verb_info.h"

namespace keelson::cli {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

/// Words that may follow a path of verbs: verbs below it, fixed values of its arguments, its flags.
std::vector<std::string> words_after(const VerbInfo& verb) {
  std::vector<std::string> words;
  for (const VerbInfo& child : verb.verbs)
    if (!child.hidden) words.push_back(child.name);
  for (const ArgumentInfo& argument : verb.arguments) words.insert(words.end(), argument.choices.begin(), argument.choices.end());
  for (const FlagInfo& flag : verb.flags) {
    words.push_back(flag.name);
    if (!flag.letter.empty()) words.push_back(flag.letter);
  }
  words.push_back("--help");
  return words;
}

/// Calls `visit(path, verb)` for the root ("") and every visible verb ("secret get").
template <typename Visit>
void each_verb(const VerbInfo& verb, const std::string& path, const Visit& visit) {
  visit(path, verb);
  for (const VerbInfo& child : verb.verbs)
    if (!child.hidden) each_verb(child, path.empty() ? child.name : path + " " + child.name, visit);
}

/// Bash; zsh runs it through its own bashcompinit.
std::string bash_script(const VerbInfo& root) {
  std::string cases;
  std::string values;
  each_verb(root, "", [&](const std::string& path, const VerbInfo& verb) {
    cases += "    '" + path + "') words='" + joined(words_after(verb)) + "' ;;\n";
    for (const FlagInfo& flag : verb.flags) {
      if (flag.value.empty()) continue;
      const std::string names = "'" + path + ":" + flag.name + "'" + (flag.letter.empty() ? "" : "|'" + path + ":" + flag.letter + "'");
      if (!flag.choices.empty()) values += "    " + names + ") COMPREPLY=($(compgen -W '" + joined(flag.choices) + "' -- \"$current\")); return ;;\n";
      else if (flag.value == "FILE") values += "    " + names + ") COMPREPLY=($(compgen -f -- \"$current\")); return ;;\n";
      else if (flag.value == "DIR") values += "    " + names + ") COMPREPLY=($(compgen -d -- \"$current\")); return ;;\n";
      else values += "    " + names + ") return ;;\n";
    }
  });
  std::string verbs;
  each_verb(root, "", [&](const std::string& path, const VerbInfo&) {
    if (!path.empty()) verbs += (verbs.empty() ? "'" : "|'") + path + "'";
  });
  return R"(# keelson completion for bash: source <(keelson completion bash)
_keelson() {
  local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}" path='' word words=''
  COMPREPLY=()
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [ "$word" = -- ] && return
    case "${path:+$path }$word" in
      )" + verbs + R"() path="${path:+$path }$word" ;;
    esac
  done
  case "$path:$previous" in
)" + values + R"(  esac
  case "$path" in
)" + cases + R"(  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _keelson keelson
)";
}

std::string fish_quoted(const std::string& text) {
  std::string out = "'";
  for (char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

/// True when exactly the verbs of `path` were typed; verbs below a group are completed while none of them is typed yet.
std::string fish_condition(const std::string& path, const VerbInfo& verb) {
  if (path.empty()) return "__fish_use_subcommand";
  std::string seen;
  std::size_t from = 0;
  for (std::size_t space = 0; space != std::string::npos; from = space + 1) {
    space = path.find(' ', from);
    seen += (seen.empty() ? "" : "; and ") + std::string("__fish_seen_subcommand_from ") + path.substr(from, space - from);
  }
  std::string below;
  for (const VerbInfo& child : verb.verbs) below += " " + child.name;
  return below.empty() ? seen : seen + "; and not __fish_seen_subcommand_from" + below;
}

std::string fish_script(const VerbInfo& root) {
  std::string out = "# keelson completion for fish: keelson completion fish | source\ncomplete -c keelson -f\n";
  each_verb(root, "", [&](const std::string& path, const VerbInfo& verb) {
    const std::string head = "complete -c keelson -n " + fish_quoted(fish_condition(path, verb));
    for (const VerbInfo& child : verb.verbs)
      if (!child.hidden) out += head + " -a " + child.name + " -d " + fish_quoted(child.summary) + "\n";
    for (const ArgumentInfo& argument : verb.arguments)
      if (!argument.choices.empty()) out += head + " -a " + fish_quoted(joined(argument.choices)) + "\n";
    for (const FlagInfo& flag : verb.flags) {
      out += head + " -l " + flag.name.substr(2);
      if (!flag.letter.empty()) out += " -s " + flag.letter.substr(1);
      if (flag.value == "FILE" || flag.value == "DIR") out += " -r -F";
      else if (!flag.choices.empty()) out += " -x -a " + fish_quoted(joined(flag.choices));
      else if (!flag.value.empty()) out += " -x";
      out += " -d " + fish_quoted(flag.doc) + "\n";
    }
  });
  return out;
}

}  // namespace

std::string completion_script(const VerbInfo& root, const std::string& shell) {
  if (shell == "fish") return fish_script(root);
  if (shell == "zsh")
    return "#compdef keelson\n# keelson completion for zsh: source <(keelson completion zsh)\nautoload -U +X bashcompinit && bashcompinit\n" + bash_script(root);
  return bash_script(root);
}

}  // namespace keelson::cli
