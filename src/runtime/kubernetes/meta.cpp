#include "runtime/kubernetes/meta.h"

#include "base/encoding.h"

namespace keelson::kubernetes {

std::string_view text_of(Protocol protocol) {
  switch (protocol) {
    case Protocol::tcp: return "TCP";
    case Protocol::udp: return "UDP";
  }
  return {};
}

std::string literal(const std::string& word) {
  std::string out;
  for (const char c : word) out += c == '$' ? "$$" : std::string(1, c);
  return out;
}

Json json(const Labels& labels) { return string_map_json(labels); }

Json json(const std::vector<std::string>& words) {
  return each(words, [](const std::string& word) { return Json(word); });
}

Json json(const Meta& meta) {
  Json out = Json::object().set("name", meta.name);
  if (!meta.space.empty()) out.set("namespace", meta.space);
  if (!meta.labels.empty()) out.set("labels", json(meta.labels));
  if (!meta.annotations.empty()) out.set("annotations", json(meta.annotations));
  return out;
}

Json selector_json(const Labels& labels) { return labels.empty() ? Json::object() : Json::object().set("matchLabels", json(labels)); }

Json head(const ApiType& type, const Meta& meta) { return Json::object().set("apiVersion", type.api_version).set("kind", type.kind).set("metadata", json(meta)); }

}  // namespace keelson::kubernetes
