#include "operate/redis_handover.h"

#include "components/redis/handover.h"

namespace keelson::operate {
namespace {

constexpr int kFollowMs = 10'000;

Result<clients::RedisView> view_of(Scene& scene) {
  for (const clients::RedisView& view : clients::redis_of(scene.standing.foundation))
    if (view.component == &scene.component) return view;
  return fail("no endpoint leads to it", scene.component.name);
}

/// Who answers behind the endpoint says that it is master: the old one no longer does.
bool endpoint_leads_to_a_master(Scene& scene, const Endpoint& endpoint) {
  const EndpointUser& user = endpoint.users.front();
  auto client = clients::open_redis(scene.standing.runtime.world(), clients::target_of(scene.standing.foundation, endpoint), user.name, user.secret);
  if (!client) return false;
  const auto info = clients::ask(*client, {"INFO", "replication"});
  return info && info->text.find("role:master") != std::string::npos;
}

}  // namespace

Result<void> hand_over_redis(Scene& scene) {
  KEELSON_TRY(const clients::RedisView view, view_of(scene));
  const auto& leadership = scene.leader.instances.front().leadership;
  if (leadership.kind.empty()) return fail_as(ErrorCode::not_supported, "it has no Sentinels", scene.component.name, {}, "use members: 3");
  KEELSON_TRY(const redis::LeaderFacts facts, redis::leader_facts_from(leadership.facts));
  KEELSON_CHECK(redis::hand_over(scene.standing.runtime.world(), facts, scene.heir == nullptr ? std::string() : scene.heir->name));
  if (!clients::eventually(kFollowMs, [&] { return endpoint_leads_to_a_master(scene, *view.master); }))
    return fail("the endpoint does not lead to the new master", view.master->name, "within 10 s", "keelson status");
  return {};
}

Result<std::string> step_down_redis(World& world, const std::string& text) {
  KEELSON_TRY(const redis::LeaderFacts facts, redis::leader_facts_from(text));
  return redis::hand_over(world, facts, {});
}

}  // namespace keelson::operate
