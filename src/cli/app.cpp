// The one file that includes CLI11: its templates cost seconds to compile.
#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <memory>

#include "base/units.h"
#include "cli/command_line.h"
#include "cli/verb_list.h"

namespace keelson::cli {
namespace {

using Values = std::vector<std::string>;

/// A verb as CLI11 sees it: what was typed for each flag and argument. Nothing is interpreted before all is read, because
/// flag > variable, and only the chosen verb's variables count.
struct Node {
  const Verb* verb = nullptr;
  CLI::App* app = nullptr;
  std::deque<Values> flags = {};
  std::deque<Values> arguments = {};
  std::deque<Node> children = {};
};

void fill(Node& node, const Verb& verb, CLI::App& app) {
  node.verb = &verb;
  node.app = &app;
  app.set_help_flag();  // ours is added below, so that -h never exits inside the library
  app.allow_extras();   // told by us, with a suggestion
  app.require_subcommand(0, 1);  // a second verb is an argument, even when another verb has that name
  for (const FlagInfo& info : verb.info.flags) {
    Values& values = node.flags.emplace_back();
    const std::string names = info.letter.empty() ? info.name : info.letter + "," + info.name;
    const auto take = [&values](const CLI::results_t& typed) { values = typed; return true; };
    if (info.value.empty()) app.add_flag_function(names, [&values](std::int64_t count) { values = {count > 0 ? "1" : "0"}; });
    else if (info.value.front() == '[') app.add_option(names, take)->expected(0, 1)->take_last();
    else app.add_option(names, take)->expected(1)->take_all();
  }
  for (const ArgumentInfo& info : verb.info.arguments) {
    Values& values = node.arguments.emplace_back();
    CLI::Option* option = app.add_option(info.name, [&values](const CLI::results_t& typed) { values = typed; return true; });
    if (info.repeated) option->expected(-1)->take_all();
  }
  for (const Verb& child : verb.verbs) fill(node.children.emplace_back(), child, *app.add_subcommand(child.info.name));
}

Parsed usage(const std::string& text, const std::string& path) {
  return {std::nullopt, {}, "keelson: " + text + "\n  next: see `" + path + " --help`\n", exit_code(ErrorCode::usage)};
}

/// What help shows of a verb, with the verbs below it.
VerbInfo whole_info(const Verb& verb) {
  VerbInfo info = verb.info;
  for (const Verb& child : verb.verbs) info.verbs.push_back(whole_info(child));
  return info;
}

std::string did_you_mean(const std::string& word, const Values& known) {
  const std::string near = nearest(word, known);
  return near.empty() ? std::string() : "; did you mean '" + near + "'?";
}

Values visible_verbs(const Verb& verb) {
  Values names;
  for (const Verb& child : verb.verbs)
    if (!child.info.hidden || child.takes_anything) names.push_back(child.info.name);
  return names;
}

Values split_path_list(const std::string& text) {
  Values parts;
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t colon = std::min(text.find(':', from), text.size());
    if (colon > from) parts.push_back(text.substr(from, colon - from));
    from = colon + 1;
  }
  return parts;
}

/// Flags of one node; variables only where no flag was typed here.
Result<void> assign_flags(const Node& node, const Environment* environment) {
  for (std::size_t i = 0; i < node.flags.size(); ++i) {
    const FlagInfo& info = node.verb->info.flags[i];
    Values values = node.flags[i];
    std::string where = info.name;
    if (environment != nullptr) {
      const auto variable = environment->find(info.variable());
      if (variable == environment->end() || variable->second.empty()) continue;
      values = info.repeated ? split_path_list(variable->second) : Values{variable->second};
      where = info.variable();
    }
    if (values.empty()) continue;
    if (auto assigned = node.verb->flags[i](values); !assigned) {
      Error error = assigned.error();
      error.where = where;
      return unexpected(std::move(error));
    }
  }
  return {};
}

Result<void> assign_arguments(const Node& node, const std::string& path) {
  for (std::size_t i = 0; i < node.arguments.size(); ++i) {
    const ArgumentInfo& info = node.verb->info.arguments[i];
    if (node.arguments[i].empty()) {
      if (!info.required) continue;
      return fail_as(ErrorCode::usage, path + " needs " + info.name, {}, info.doc, "see `" + path + " --help`");
    }
    if (auto assigned = node.verb->arguments[i](node.arguments[i]); !assigned) {
      Error error = assigned.error();
      error.where = info.name;
      return unexpected(std::move(error));
    }
  }
  return {};
}

/// Words that neither CLI11 nor the verb knows; "" when all is well.
Parsed explain_extra(const Node& node, const std::string& path, const std::string& word) {
  if (word.starts_with("-")) {
    Values flags{"--help"};
    for (const FlagInfo& info : node.verb->info.flags) flags.push_back(info.name);
    const std::string name = word.substr(0, word.find('='));
    return usage(path + " has no flag '" + name + "'" + did_you_mean(name, flags), path);
  }
  if (!node.children.empty()) return usage("no verb '" + word + "'" + did_you_mean(word, visible_verbs(*node.verb)), path);
  return usage(path + " does not take '" + word + "'", path);
}

Parsed fail_usage(const Error& error) {
  return {std::nullopt, {}, "keelson: " + describe(error) + "\n", exit_code(ErrorCode::usage)};
}

/// The deepest verb that was named, and the way to it.
Node& chosen(Node& root, std::string& path) {
  Node* node = &root;
  for (bool deeper = true; deeper;) {
    deeper = false;
    for (Node& child : node->children)
      if (child.app->parsed()) {
        node = &child;
        path += " " + child.verb->info.name;
        deeper = true;
        break;
      }
  }
  return *node;
}

struct Help {
  bool wanted = false;
};

/// -h and --help anywhere before `--`, unless it is the value of a flag (nobody names a profile "--help").
Help take_help(Values& words) {
  const auto is_help = [](const std::string& word) { return word == "-h" || word == "--help"; };
  const bool wanted = std::any_of(words.begin(), words.end(), is_help);
  std::erase_if(words, is_help);
  return {wanted};
}

/// Processes that runtimes start get their arguments untouched.
std::optional<Command> internal_command(const Values& arguments) {
  static constexpr std::array kProcesses{"agent", "guardian", "log-writer", "repair", "tool"};
  if (arguments.empty() || std::find(kProcesses.begin(), kProcesses.end(), arguments.front()) == kProcesses.end()) return std::nullopt;
  return InternalOptions{arguments.front(), Values(arguments.begin() + 1, arguments.end())};
}

Parsed interpret(Node& root, const Environment& environment, bool help, const std::optional<Values>& trailing) {
  std::string path = "keelson";
  Node& node = chosen(root, path);
  if (help) return {std::nullopt, help_text(whole_info(*node.verb), path), {}, 0};
  Values extra = node.app->remaining();
  if (extra.empty() && &node != &root) extra = root.app->remaining();
  if (!extra.empty() && !node.verb->takes_anything) return explain_extra(node, path, extra.front());
  if (!node.verb->make) {
    if (&node == &root) return {std::nullopt, {}, help_text(whole_info(*root.verb), path), exit_code(ErrorCode::usage)};
    std::string all;
    for (const std::string& name : visible_verbs(*node.verb)) all += (all.empty() ? "" : ", ") + name;
    return usage(path + " needs a verb: " + all, path);
  }
  if (!node.verb->info.hidden)
    if (auto done = assign_flags(node, &environment); !done) return fail_usage(done.error());
  if (auto done = assign_flags(root, nullptr); !done) return fail_usage(done.error());
  if (auto done = assign_flags(node, nullptr); !done) return fail_usage(done.error());
  if (auto done = assign_arguments(node, path); !done) return fail_usage(done.error());
  if (trailing) {
    if (!node.verb->trailing) return usage(path + " takes nothing after `--`", path);
    node.verb->trailing(*trailing);
  }
  return {node.verb->make(), {}, {}, 0};
}

}  // namespace

Parsed parse(const std::vector<std::string>& arguments, const Environment& environment) {
  if (auto internal = internal_command(arguments)) return {std::move(internal), {}, {}, 0};

  // What follows the first `--` belongs to another program; it never reaches the parser.
  const auto dashes = std::find(arguments.begin(), arguments.end(), "--");
  Values words(arguments.begin(), dashes);
  std::optional<Values> trailing;
  if (dashes != arguments.end()) trailing = Values(dashes + 1, arguments.end());
  if (words.size() == 1 && words.front() == "--version") words = {"version"};
  const Help help = take_help(words);
  if (!words.empty() && words.front() == "help") words.erase(words.begin());

  Collected collected;
  const Verb verbs = declare_verbs(collected);
  CLI::App app;
  Node root;
  fill(root, verbs, app);
  std::reverse(words.begin(), words.end());  // CLI11 takes them from the back
  const bool asked = help.wanted || (!arguments.empty() && arguments.front() == "help");
  try {
    app.parse(std::move(words));
  } catch (const CLI::Error& error) {
    std::string path = "keelson";
    chosen(root, path);
    return usage(error.what(), path);
  }
  return interpret(root, environment, asked, trailing);
}

VerbInfo verb_tree() {
  Collected collected;
  return whole_info(declare_verbs(collected));
}

}  // namespace keelson::cli
