#include "runtime/container_tools.h"

#include "base/json.h"

namespace keelson {

std::string tools_text(const Instance& instance) {
  Json out = Json::object();
  for (const auto& [name, words] : instance.tools) {
    Json list = Json::array();
    for (const std::string& word : words) list.push(word);
    out.set(name, std::move(list));
  }
  return out.dump(2) + "\n";
}

namespace {

std::string name_of(const std::vector<std::string>& typed) { return typed.empty() ? std::string() : typed.front().substr(typed.front().rfind('/') + 1); }

}  // namespace

std::vector<std::string> bare_client(std::vector<std::string> typed) {
  if (!typed.empty()) typed.front() = "/usr/bin/" + name_of(typed);
  return typed;
}

Result<std::vector<std::string>> tool_command(const std::string& tools, const std::vector<std::string>& typed) {
  KEELSON_TRY(const Json known, parse_json(tools));
  const std::string name = name_of(typed);
  std::vector<std::string> out;
  for (const Json& word : known[name].items()) out.push_back(word.as_string());
  if (out.empty()) return fail("there is no such client in this container", name);
  out.insert(out.end(), typed.begin() + 1, typed.end());
  return out;
}

}  // namespace keelson
