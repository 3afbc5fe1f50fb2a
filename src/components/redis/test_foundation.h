#pragma once
#include <span>
#include <string>

#include "component/defaults.h"
#include "components/redis/redis.h"
#include "model/foundation.h"
#include "model/layout.h"

namespace keelson::redis {

/// Places under one root; names say what they are. For tests of this room.
class TestLayout : public Layout {
 public:
  explicit TestLayout(std::string root = "/k") : root_(std::move(root)) {}
  Place place(const std::string&, const std::string& instance) const override {
    const std::string home = root_ + "/" + instance;
    return {home, home + "/config", home + "/tls", home + "/data", home + "/run"};
  }
  std::string program(const std::string& artifact, const std::string& relative) const override { return "/a/" + artifact + "/" + relative; }
  std::vector<std::pair<std::string, std::string>> environment(const std::string& artifact) const override {
    return {{"PATH", "/usr/bin:/bin"}, {"HOME", "/nowhere"}, {"LD_LIBRARY_PATH", "/a/" + artifact + "/lib"}};
  }
  std::string user(const std::string& component) const override { return "keelson-" + component; }

 private:
  std::string root_;
};

/// What `resolve` would make of one component of kind redis and those `kinds` of its companions, without the blueprint;
/// addresses count up from <block>.1 in the order of members, then endpoints.
inline Result<Foundation> test_foundation(Settings settings, std::span<const Kind* const> kinds, const Layout& layout,
                                          const std::string& block = "127.77.9") {
  Foundation out{.name = "demo", .domain = "demo.internal"};
  std::vector<std::pair<Component, Settings>> waiting = {{Component{.name = "redis", .kind = &kRedis}, std::move(settings)}};
  int octet = 0;
  for (std::size_t i = 0; i < waiting.size(); ++i) {
    Component component = waiting[i].first;
    component.settings = waiting[i].second;
    KEELSON_CHECK(fill_defaults(component.settings, component.kind->settings));
    KEELSON_TRY(const Shape shape, component.kind->verbs.shape({out.name, component.name, component.settings}));
    for (const auto& member : shape.members) {
      Member made{.name = member.name, .component = component.name, .ordinal = static_cast<int>(component.members.size()) + 1,
                  .address = block + "." + std::to_string(++octet)};
      for (const auto& instance : member.instances) made.instances.push_back({.name = instance});
      component.members.push_back(std::move(made));
    }
    for (const Companion& companion : shape.companions)
      if (const Kind* kind = find_kind(kinds, companion.kind))
        waiting.push_back({Component{.name = companion.name, .kind = kind, .companion_of = component.name}, companion.settings});
    out.endpoints.insert(out.endpoints.end(), shape.endpoints.begin(), shape.endpoints.end());
    out.edges.insert(out.edges.end(), shape.edges.begin(), shape.edges.end());
    out.secrets.insert(out.secrets.end(), shape.secrets.begin(), shape.secrets.end());
    out.components.push_back(std::move(component));
  }
  for (Endpoint& endpoint : out.endpoints) endpoint.address = block + "." + std::to_string(++octet);
  const Foundation shapes = out;
  for (Component& component : out.components)
    for (Member& member : component.members) KEELSON_CHECK(component.kind->verbs.render({shapes, *find_component(shapes, component.name), layout}, member));
  return out;
}

}  // namespace keelson::redis
