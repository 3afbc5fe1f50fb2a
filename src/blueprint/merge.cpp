#include <unordered_map>

#include "blueprint/tree.h"

namespace keelson {

Node merged(const Node& base, const Node& over) {
  if (base.kind == Node::Kind::mapping && over.kind == Node::Kind::null) return base;
  if (base.kind != Node::Kind::mapping || over.kind != Node::Kind::mapping) return over;

  Node result;
  result.kind = Node::Kind::mapping;
  result.mark = base.mark;
  std::unordered_map<std::string_view, std::size_t> place;
  for (const Entry& entry : base.entries)
    if (!entry.repeats()) {
      place.emplace(entry.key, result.entries.size());
      result.entries.push_back(entry);
    }
  for (const Entry& entry : over.entries) {
    if (entry.repeats()) continue;
    const auto found = place.find(entry.key);
    if (found == place.end()) { result.entries.push_back(entry); continue; }
    Entry& below = result.entries[found->second];
    Node value = merged(below.value, entry.value);
    const bool replaced = value.kind != Node::Kind::mapping || below.value.kind != Node::Kind::mapping;
    if (replaced) below.mark = entry.mark;
    below.value = std::move(value);
  }
  return result;
}

}  // namespace keelson
