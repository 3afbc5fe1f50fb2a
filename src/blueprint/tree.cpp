#include "blueprint/tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>
#include <unordered_map>

#include "blueprint/source_text.h"

namespace keelson {
namespace {

/// Thrown by the builder to leave yaml-cpp's recursion; caught in parse_tree.
struct Abandoned {};

constexpr std::string_view kNoAnchors = "a blueprint says each thing where it holds";

/// Builds the tree from yaml-cpp's events. yaml-cpp resolves nothing for us: it only cuts the text.
class Builder final : public YAML::EventHandler {
 public:
  Builder(const BlueprintSource& source, Problems& problems) : source_(source), marks_(source), problems_(problems) {}

  std::optional<Node> take() { return std::move(root_); }
  SourceMark mark(const YAML::Mark& mark) const { return marks_.at(mark.pos < 0 ? 0 : static_cast<std::size_t>(mark.pos)); }

  void OnDocumentStart(const YAML::Mark& at) override {
    if (++documents_ == 1) return;
    problem(mark(at), "a second document starts here", "one file holds one blueprint",
            "remove the line ---, or pass two files with -f");
    throw Abandoned{};
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& at, YAML::anchor_t anchor) override {
    Node node;
    node.mark = mark(at);
    if (anchor != 0) reject_anchor(node);
    if (has_tag(at, {})) reject_tag(node);
    place(std::move(node));
  }

  void OnAlias(const YAML::Mark& at, YAML::anchor_t) override {
    Node node;
    node.mark = mark(at);
    node.kind = Node::Kind::rejected;
    problem(node.mark, "aliases are not allowed", std::string(kNoAnchors),
            "write the value itself; text that starts with * needs quotes");
    place(std::move(node));
  }

  void OnScalar(const YAML::Mark& at, const std::string& tag, YAML::anchor_t anchor, const std::string& value) override {
    Node node = fresh(Node::Kind::scalar, at, tag, anchor);
    node.plain = tag == "?";
    if (is_unclosed(static_cast<std::size_t>(std::max(at.pos, 0)))) {
      problem(node.mark, "a quote is never closed", {}, "add the closing quote");
      throw Abandoned{};
    }
    node.text = value;
    place(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& at, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    open(fresh(Node::Kind::sequence, at, tag, anchor));
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& at, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    open(fresh(Node::Kind::mapping, at, tag, anchor));
  }
  void OnMapEnd() override { close(); }

 private:
  /// A container being filled. Of a mapping, every second node is a value.
  struct Open {
    Node node;
    bool rejected = false;
    bool wants_value = false;
    Entry entry = {};      ///< whose value comes next
    bool dropped = false;  ///< the entry's key was refused
    std::unordered_map<std::string, SourceMark> keys = {};
  };

  void problem(SourceMark where, std::string message, std::string why, std::string next) {
    problems_.add({std::move(where), {}, std::move(message), std::move(why), std::move(next)});
  }

  /// yaml-cpp says "?" for plain and "!" for quoted scalars; it says "!" for a lone `!` too, hence the look at the text.
  bool has_tag(const YAML::Mark& at, const std::string& tag) const {
    const auto offset = static_cast<std::size_t>(std::max(at.pos, 0));
    return (!tag.empty() && tag != "?" && tag != "!") || (offset < source_.text.size() && source_.text[offset] == '!');
  }

  /// yaml-cpp takes the end of the file for a closing quote.
  bool is_unclosed(std::size_t offset) const {
    const std::string& text = source_.text;
    if (offset >= text.size() || (text[offset] != '"' && text[offset] != '\'')) return false;
    const char quote = text[offset];
    for (std::size_t i = offset + 1; i < text.size(); ++i) {
      if (quote == '"' && text[i] == '\\') { ++i; continue; }
      if (text[i] != quote) continue;
      if (quote == '"' || i + 1 == text.size() || text[i + 1] != quote) return false;
      ++i;
    }
    return true;
  }

  void reject_tag(Node& node) {
    node.kind = Node::Kind::rejected;
    problem(node.mark, "tags are not allowed", "keelson knows the type of every setting",
            "remove the tag; text that starts with ! needs quotes");
  }

  void reject_anchor(Node& node) {
    node.kind = Node::Kind::rejected;
    problem(node.mark, "anchors are not allowed", std::string(kNoAnchors),
            "remove the anchor; text that starts with & needs quotes");
  }

  Node fresh(Node::Kind kind, const YAML::Mark& at, const std::string& tag, YAML::anchor_t anchor) {
    Node node;
    node.kind = kind;
    node.mark = mark(at);
    if (anchor != 0) reject_anchor(node);
    if (has_tag(at, tag)) reject_tag(node);
    return node;
  }

  void open(Node node) {
    if (stack_.size() == kMostDepth) {
      problem(node.mark, "nested too deep", "64 levels are the most allowed", "is this the right file?");
      throw Abandoned{};
    }
    const bool rejected = node.kind == Node::Kind::rejected;
    stack_.push_back({.node = std::move(node), .rejected = rejected});
  }

  void close() {
    Node node = std::move(stack_.back().node);
    stack_.pop_back();
    place(std::move(node));
  }

  /// Puts a finished node where it belongs: into the innermost open container, or at the root.
  void place(Node node) {
    if (++nodes_ > kMostNodes) {
      problem(node.mark, "the blueprint is too large", "100000 keys and values are the most allowed", "is this the right file?");
      throw Abandoned{};
    }
    if (stack_.empty()) { root_ = std::move(node); return; }
    Open& open = stack_.back();
    if (open.rejected) return;
    if (open.node.kind == Node::Kind::sequence) { open.node.items.push_back(std::move(node)); return; }
    if (!open.wants_value) take_key(open, std::move(node));
    else if (!open.dropped) take_value(open, std::move(node));
    open.wants_value = !open.wants_value;
  }

  void take_key(Open& open, Node key) {
    open.dropped = true;
    if (key.kind == Node::Kind::rejected) return;
    if (key.kind != Node::Kind::scalar) {
      problem(key.mark, "a key is not text", {}, "write `name: value`");
      return;
    }
    if (key.plain && key.text == "<<") {
      problem(key.mark, "merge keys are not allowed", std::string(kNoAnchors), "write the settings out, or use a profile");
      return;
    }
    open.dropped = false;
    const auto [earlier, is_new] = open.keys.emplace(key.text, key.mark);
    open.entry = Entry{std::move(key.text), key.mark};
    if (!is_new) open.entry.earlier = earlier->second;
  }

  void take_value(Open& open, Node value) {
    // Of a value that is not there yaml-cpp gives the place of whatever comes next.
    if (value.kind == Node::Kind::null) value.mark = open.entry.mark;
    open.entry.value = std::move(value);
    open.node.entries.push_back(std::move(open.entry));
  }

  const BlueprintSource& source_;
  Marks marks_;
  Problems& problems_;
  std::vector<Open> stack_;
  std::optional<Node> root_;
  int documents_ = 0;
  int nodes_ = 0;
};

/// yaml-cpp's words, and ours. Its own may hold pieces of the text (which may be a secret), so none is passed on.
struct SyntaxRow {
  std::string_view theirs;  ///< how yaml-cpp's message begins
  std::string_view message;
  std::string_view next;
};

const SyntaxRow kSyntax[] = {
    {YAML::ErrorMsg::TAB_IN_INDENTATION, "a tab stands where the line is indented", "indent with spaces"},
    {YAML::ErrorMsg::UNKNOWN_ANCHOR, "aliases are not allowed", "write the value itself; text that starts with * needs quotes"},
    {YAML::ErrorMsg::ALIAS_NOT_FOUND, "aliases are not allowed", "text that starts with * needs quotes"},
    {YAML::ErrorMsg::CHAR_IN_ALIAS, "aliases are not allowed", "text that starts with * needs quotes"},
    {YAML::ErrorMsg::ALIAS_CONTENT, "aliases are not allowed", "text that starts with * needs quotes"},
    {YAML::ErrorMsg::ANCHOR_NOT_FOUND, "anchors are not allowed", "text that starts with & needs quotes"},
    {YAML::ErrorMsg::CHAR_IN_ANCHOR, "anchors are not allowed", "text that starts with & needs quotes"},
    {YAML::ErrorMsg::MULTIPLE_ANCHORS, "anchors are not allowed", "text that starts with & needs quotes"},
    {YAML::ErrorMsg::MULTIPLE_TAGS, "tags are not allowed", "text that starts with ! needs quotes"},
    {YAML::ErrorMsg::CHAR_IN_TAG_HANDLE, "tags are not allowed", "text that starts with ! needs quotes"},
    {YAML::ErrorMsg::TAG_WITH_NO_SUFFIX, "tags are not allowed", "text that starts with ! needs quotes"},
    {YAML::ErrorMsg::END_OF_VERBATIM_TAG, "tags are not allowed", "text that starts with ! needs quotes"},
    {YAML::ErrorMsg::INVALID_ESCAPE, "an unknown escape in double quotes", "write \\\\ for a backslash, or use single quotes"},
    {YAML::ErrorMsg::INVALID_HEX, "an unfinished \\x or \\u escape", "write two, four or eight hex digits"},
    {YAML::ErrorMsg::INVALID_UNICODE, "an escape that is not a Unicode character", "write the character itself"},
    {YAML::ErrorMsg::EOF_IN_SCALAR, "a quote is never closed", "add the closing quote"},
    {YAML::ErrorMsg::DOC_IN_SCALAR, "a quote is never closed", "add the closing quote before --- or ..."},
    {YAML::ErrorMsg::END_OF_MAP_FLOW, "a { is never closed, or a comma is missing", "check the braces around here"},
    {YAML::ErrorMsg::END_OF_SEQ_FLOW, "a [ is never closed, or a comma is missing", "check the brackets around here"},
    {YAML::ErrorMsg::FLOW_END, "a closing bracket without an opening one", "remove it, or quote the text"},
    {YAML::ErrorMsg::END_OF_MAP, "the line does not fit the mapping it stands in", "align it with its neighbours; a key needs a colon and a space"},
    {YAML::ErrorMsg::END_OF_SEQ, "the line does not fit the list it stands in", "align it with its neighbours"},
    {YAML::ErrorMsg::BLOCK_ENTRY, "a list may not start here", "put the first - on a line of its own"},
    {YAML::ErrorMsg::MAP_KEY, "a key may not stand here", "put it on a line of its own"},
    {YAML::ErrorMsg::MAP_VALUE, "a colon where no value may start", "quote text that holds a colon and a space"},
    {YAML::ErrorMsg::UNKNOWN_TOKEN, "a character that starts nothing in YAML", "quote text that starts with @, `, % or |"},
};

bool tab_indents_line(const std::string& text, std::size_t offset) {
  offset = std::min(offset, text.size());
  const std::size_t before = offset == 0 ? std::string::npos : text.rfind('\n', offset - 1);
  const std::size_t start = before == std::string::npos ? 0 : before + 1;
  return text.find('\t', start) < text.find_first_not_of(" \t", start);
}

Problem syntax_problem(SourceMark mark, std::string_view theirs) {
  for (const SyntaxRow& row : kSyntax)
    if (theirs.starts_with(row.theirs))
      return {std::move(mark), {}, std::string(row.message), {}, std::string(row.next)};
  return {std::move(mark), {}, "this is not YAML", {}, "check indentation, quotes, colons and brackets around here"};
}

}  // namespace

const Entry* Node::find(std::string_view key) const {
  const auto found = std::find_if(entries.begin(), entries.end(), [key](const Entry& e) { return e.key == key; });
  return found == entries.end() ? nullptr : &*found;
}

std::optional<Node> parse_tree(const BlueprintSource& source, Problems& problems) {
  Builder builder(source, problems);
  try {
    std::istringstream stream(source.text);
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {}
  } catch (const Abandoned&) {
    return std::nullopt;
  } catch (const YAML::Exception& error) {
    const bool tab = tab_indents_line(source.text, static_cast<std::size_t>(std::max(error.mark.pos, 0)));
    problems.add(syntax_problem(builder.mark(error.mark), tab ? std::string(YAML::ErrorMsg::TAB_IN_INDENTATION) : error.msg));
    return std::nullopt;
  } catch (const std::exception&) {
    problems.add(syntax_problem({source.name, 1, 1}, {}));
    return std::nullopt;
  }
  auto root = builder.take();
  if (!root || root->kind == Node::Kind::null) {
    problems.add({{source.name, 1, 1}, {}, "the blueprint is empty", {}, "write at least foundation: and components:"});
    return std::nullopt;
  }
  if (root->kind == Node::Kind::rejected) return std::nullopt;
  if (root->kind != Node::Kind::mapping) {
    problems.add({root->mark, {}, "the blueprint is not a mapping", {}, "start with `foundation: <name>`"});
    return std::nullopt;
  }
  return root;
}

}  // namespace keelson
