#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace keelson::kubernetes {

/// The nodes of this room are what keelson writes of the Kubernetes API (kubernetes.io/docs/reference/kubernetes-api, 1.28 and newer), one pair
/// of files a kind: plain data, and one function `json` that knows how it is spelt. What they leave out is left to the API's own default.

/// The field manager: as whom keelson sets fields.
inline constexpr const char* kFieldManager = "keelson";

using Labels = std::map<std::string, std::string>;

/// A kind of objects, as the API names it.
struct ApiType {
  std::string_view api_version;  ///< "apps/v1"
  std::string_view kind;         ///< "StatefulSet"
  std::string_view resource;     ///< as kubectl wants it, with its group: "statefulsets.apps"
};

struct Meta {
  std::string name;
  std::string space = {};  ///< its namespace; "" = the kind has none
  Labels labels = {};
  Labels annotations = {};
};

enum class Protocol { tcp, udp };

std::string_view text_of(Protocol protocol);

/// For words in which the API would replace `$(NAME)` by a variable: says the same, and nothing is replaced.
std::string literal(const std::string& word);

Json json(const Labels& labels);
Json json(const std::vector<std::string>& words);
/// One entry for each node, as `spell` makes it.
template <typename Nodes, typename Spell>
Json each(const Nodes& nodes, Spell spell) {
  Json out = Json::array();
  for (const auto& node : nodes) out.push(spell(node));
  return out;
}
/// Without what is empty.
Json json(const Meta& meta);
/// `{"matchLabels": …}`; of no labels `{}`, which in the API means everything.
Json selector_json(const Labels& labels);
/// The beginning of every object: apiVersion, kind, metadata.
Json head(const ApiType& type, const Meta& meta);

}  // namespace keelson::kubernetes
