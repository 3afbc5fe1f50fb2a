#include "component/template.h"

#include <set>

namespace keelson {

Result<Text> fill(std::string_view name, std::string_view text, const std::vector<std::pair<std::string_view, Text>>& values) {
  Text out;
  std::set<std::string_view> used;
  while (true) {
    const std::size_t open = text.find("{{");
    out.add(std::string(text.substr(0, open)));
    if (open == std::string_view::npos) break;
    const std::size_t close = text.find("}}", open);
    if (close == std::string_view::npos) return fail("template has an open place", std::string(name), "{{ without }}");
    const std::string_view key = text.substr(open + 2, close - open - 2);
    const Text* value = nullptr;
    for (const auto& candidate : values)
      if (candidate.first == key) value = &candidate.second;
    if (value == nullptr) return fail("template asks for a value nobody gave", std::string(name), std::string(key));
    used.insert(key);
    out.add(*value);
    text.remove_prefix(close + 2);
  }
  for (const auto& value : values)
    if (!used.contains(value.first)) return fail("template does not use a value", std::string(name), std::string(value.first));
  return out;
}

}  // namespace keelson
