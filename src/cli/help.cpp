#include <algorithm>
#include <cctype>

#include "cli/table.h"
#include "cli/verb_info.h"

namespace keelson::cli {
namespace {

constexpr std::size_t kWidth = 80;

/// Appends `text` broken at spaces; continued lines begin at column `indent`, the first stands at `column` already.
void wrap(std::string& out, const std::string& text, std::size_t indent, std::size_t column) {
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t space = std::min(text.find(' ', from), text.size());
    const std::string word = text.substr(from, space - from);
    const bool first = column == indent;
    if (!first && column + 1 + display_width(word) > kWidth) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (!first) {
      out += ' ';
      ++column;
    }
    out += word;
    column += display_width(word);
    from = space + 1;
  }
  out += '\n';
}

void entry(std::string& out, const std::string& head, const std::string& text, std::size_t indent) {
  out += "  " + head;
  std::size_t column = 2 + display_width(head);
  if (column + 2 > indent) {
    out += '\n';
    column = 0;
  }
  out.append(indent - column, ' ');
  wrap(out, text, indent, indent);
}

std::string head_of(const FlagInfo& flag) {
  return (flag.letter.empty() ? "    " : flag.letter + ", ") + flag.name + (flag.value.empty() ? "" : " " + flag.value);
}

std::string joined(const std::vector<std::string>& words, const std::string& between) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : between) + word;
  return out;
}

std::string doc_of(const FlagInfo& flag) {
  return flag.doc + (flag.choices.empty() ? "" : ": " + joined(flag.choices, ", ")) + " [" + flag.variable() + "]";
}

std::string usage_of(const VerbInfo& verb, const std::string& path) {
  std::string out = path;
  if (!verb.flags.empty()) out += " [FLAGS]";
  if (!verb.verbs.empty()) out += " VERB ...";
  for (const ArgumentInfo& argument : verb.arguments) {
    const std::string name = argument.name + (argument.repeated ? "..." : "");
    out += argument.required ? " " + name : " [" + name + "]";
  }
  if (!verb.trailing.empty()) out += " [-- ...]";
  return out;
}

void reference_of(std::string& out, const VerbInfo& verb, const std::string& path) {
  if (verb.hidden) return;
  if (verb.verbs.empty()) {
    out += "\n## " + path + "\n\n" + verb.summary + ".\n\n```\n" + usage_of(verb, path) + "\n```\n";
    if (!verb.details.empty()) out += "\n" + verb.details + "\n";
    if (!verb.arguments.empty() || !verb.trailing.empty()) out += "\n";
    for (const ArgumentInfo& argument : verb.arguments) out += "- `" + argument.name + "`: " + argument.doc + "\n";
    if (!verb.trailing.empty()) out += "- after `--`: " + verb.trailing + "\n";
    if (!verb.flags.empty()) out += "\n| flag | variable | meaning |\n|---|---|---|\n";
    for (const FlagInfo& flag : verb.flags) {
      const std::string letter = flag.letter.empty() ? "" : "`" + flag.letter + "`, ";
      const std::string choices = flag.choices.empty() ? "" : ": " + joined(flag.choices, ", ");
      out += "| " + letter + "`" + flag.name + (flag.value.empty() ? "" : " " + flag.value) + "` | `" + flag.variable() + "` | " + flag.doc + choices + " |\n";
    }
  }
  for (const VerbInfo& child : verb.verbs) reference_of(out, child, path + " " + child.name);
}

constexpr std::string_view kReferenceHead =
    R"(# The command line

This page is generated: `keelson reference` writes it, and a test compares.

- Data goes to standard output, progress and diagnostics to standard error.
- A flag wins over its variable, a variable over the file. An empty variable counts as not set. `KEELSON_FILE` separates
  several files by `:`.
- With `-o json`, `yaml` or `ndjson` standard output carries documents only, each with `schema: keelson.<name>/v1` and
  `observed_at`. A verb that fails before it has anything to tell writes one `keelson.error/v1` document:
  `{schema, observed_at, errors: [{code, what, where, why, next}]}`; standard error says the same in words.
- What follows `--` is handed on untouched.
- A reader that goes away (`keelson logs -f | head`) is no error.

| exit code | meaning |
|---|---|
| 0 | done; `status`: healthy; `plan --detailed-exitcode`: no changes |
| 1 | failed; `status`: the agent does not answer |
| 2 | `plan --detailed-exitcode`: something would change |
| 3 | the blueprint is wrong; nothing was started |
| 4 | preflight refused: this machine cannot host the foundation as written |
| 5 | not healthy, or not in time |
| 6 | a check failed or is unproven |
| 7 | another keelson works on this foundation |
| 64 | the command line makes no sense |
)";

}  // namespace

std::string FlagInfo::variable() const {
  std::string out = "KEELSON_";
  for (char c : name.substr(2)) out += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

std::string help_text(const VerbInfo& verb, const std::string& path) {
  std::string out;
  wrap(out, path + ": " + verb.summary, 0, 0);
  out += "\nUsage: " + usage_of(verb, path) + "\n";
  if (!verb.details.empty()) {
    out += '\n';
    wrap(out, verb.details, 0, 0);
  }
  if (!verb.verbs.empty()) out += "\nVerbs:\n";
  for (const VerbInfo& child : verb.verbs)
    if (!child.hidden) entry(out, child.name, child.summary, 14);
  if (!verb.arguments.empty()) out += "\nArguments:\n";
  for (const ArgumentInfo& argument : verb.arguments) entry(out, argument.name, argument.doc, 20);
  if (!verb.trailing.empty()) out += "\nAfter --: " + verb.trailing + "\n";
  out += "\nFlags:\n";
  for (const FlagInfo& flag : verb.flags) entry(out, head_of(flag), doc_of(flag), 30);
  entry(out, "-h, --help", "this text", 30);
  return out;
}

std::string reference_text(const VerbInfo& root) {
  std::string out(kReferenceHead);
  reference_of(out, root, root.name);
  return out;
}

}  // namespace keelson::cli
