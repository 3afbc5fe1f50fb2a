// What HAProxy can be told to do wrong while it runs (management guide of 2.6, 9.3). Starting it anew, or a reload, undoes it, too.
#include "protocol/haproxy.h"
#include "verify/damage.h"

namespace keelson::damages {
namespace {

constexpr std::string_view kServer = "SERVER";  ///< in an order: which one

Result<std::string> tell(CheckContext& context, const Member& member, const std::string& words) {
  const Instance& instance = member.instances.front();
  return context.runtime.world().ask_socket(instance.name, instance.place.run + "/" + std::string(kHaproxySocket), words + "\n");
}

/// As `tell`, of what answers nothing when it has done what it was told.
Result<void> order(CheckContext& context, const Member& member, const std::string& words) {
  KEELSON_TRY(const std::string said, tell(context, member, words));
  if (said.find_first_not_of('\n') != std::string::npos) return fail("HAProxy refuses \"" + words + "\"", member.name, said.substr(0, said.find('\n')));
  return {};
}

/// On every member of the balancer in front of the endpoint that the record names.
template <typename Work>
Result<void> on_each_balancer(CheckContext& context, const Json& record, Work work) {
  const Endpoint* endpoint = find_endpoint(context.foundation, record["endpoint"].as_string());
  const Component* balancer = endpoint == nullptr ? nullptr : balancer_of(context.foundation, *endpoint);
  if (balancer == nullptr) return fail("the endpoint is no longer in the foundation", record["endpoint"].as_string());
  Result<void> out;  // one that cannot be told keeps no other waiting
  for (const Member& member : balancer->members)
    if (auto done = work(member, endpoint->name); !done && out) out = std::move(done);
  return out;
}

/// Whether it can be told anything at all.
Result<Json> with_balancer(CheckContext& context, const Endpoint& endpoint, const std::string& servers) {
  const Component* balancer = balancer_of(context.foundation, endpoint);
  if (balancer == nullptr) return not_here("nothing balances " + endpoint.name);
  KEELSON_CHECK(tell(context, balancer->members.front(), "show info"));
  return Json::object().set("endpoint", endpoint.name).set("servers", servers);
}

/// All servers that are members of the component that the record names, in every balancer.
Result<void> order_each_server(CheckContext& context, const Json& record, const std::vector<std::string>& orders) {
  const Component* servers = find_component(context.foundation, record["servers"].as_string());
  if (servers == nullptr) return fail("no such component", record["servers"].as_string());
  return on_each_balancer(context, record, [&](const Member& balancer, const std::string& endpoint) -> Result<void> {
    for (const Member& member : servers->members)
      for (std::string words : orders) KEELSON_CHECK(order(context, balancer, words.replace(words.find(kServer), kServer.size(), endpoint + "/" + member.name)));
    return {};
  });
}

// --- PG-1: the replica endpoint leads to the primary, too ------------------------------------------------------------------

Result<Json> choose_replica_endpoint(CheckContext& context) {
  KEELSON_TRY(const clients::PostgresqlView view, first_postgresql(context.foundation));
  if (view.replica == nullptr) return not_here(view.component->name + " has no replica endpoint");
  return with_balancer(context, *view.replica, view.component->name);
}

/// Those that are replicas are up already.
Result<void> point_at_primary(CheckContext& context, const Json& record) { return order_each_server(context, record, {"disable health SERVER", "set server SERVER health up"}); }
Result<void> point_at_replicas(CheckContext& context, const Json& record) { return order_each_server(context, record, {"enable health SERVER"}); }

// --- PG-5: the endpoint gives each pooler few clients -------------------------------------------------------------------------

Result<Json> choose_pooler_endpoint(CheckContext& context) {
  KEELSON_TRY(const clients::PostgresqlView view, first_postgresql(context.foundation));
  if (view.pooler == nullptr) return not_here(view.component->name + " has no pooler");
  return with_balancer(context, *view.pooler, view.pooler->component);
}

/// Of each pooler. Not of the endpoint itself: HAProxy 2.6.12 does not survive `set maxconn frontend` with clients waiting.
Result<void> few_clients(CheckContext& context, const Json& record) { return order_each_server(context, record, {"set maxconn server SERVER 50"}); }
Result<void> all_clients(CheckContext& context, const Json& record) { return order_each_server(context, record, {"set maxconn server SERVER 0"}); }

}  // namespace

const Deed<CheckContext> kReplicaEndpointToPrimary{choose_replica_endpoint, point_at_primary, point_at_replicas};
const Deed<CheckContext> kFewClients{choose_pooler_endpoint, few_clients, all_clients};

}  // namespace keelson::damages
