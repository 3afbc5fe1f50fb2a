#include <array>
#include <set>

#include "cli/opening.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "model/door.h"

namespace keelson::cli {
namespace {

constexpr std::array<std::string_view, 6> kStates{"in-force", "missing", "stale", "edited", "not-asked", "unavailable"};
static_assert(kStates.size() == static_cast<std::size_t>(NetworkState::unavailable) + 1, "one word per NetworkState, in the order of the enum");

std::string sentence(const ObservedNetwork& network) {
  switch (network.state) {
    case NetworkState::current: return "In force: nftables table " + network.table + ".";
    case NetworkState::missing: return "Not in force: the kernel has no table " + network.table + "; keelson up puts it there.";
    case NetworkState::stale: return "In force as it was at the last keelson up (table " + network.table + "); the next one brings it to what is shown.";
    case NetworkState::edited: return "Table " + network.table + " in the kernel is not as keelson left it; keelson up mends it.";
    case NetworkState::not_asked: case NetworkState::unavailable: return "Not in force: " + network.why + ".";
  }
  return {};
}

/// An edge with the ports it opens, each once.
Result<std::vector<int>> ports_of(const Foundation& foundation, const Edge& edge) {
  KEELSON_TRY(const std::vector<Door> doors, doors_of(foundation, edge));
  std::set<int> ports;
  for (const Door& door : doors) ports.insert(door.port);
  return std::vector<int>(ports.begin(), ports.end());
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

/// Who may talk to whom, on which port and why; what is published to whom; who access.local is; and whether that is in force.
int show(const Foundation& foundation, Runtime& runtime, Output& output) {
  const auto observed = runtime.network(foundation);
  if (!observed) return output.error(observed.error());
  const ObservedNetwork& network = *observed;
  Json list = Json::array();
  Table table({"FROM", "TO", "PORT", "WHY"});
  for (const Edge& edge : foundation.edges) {
    const auto ports = ports_of(foundation, edge);
    if (!ports) return output.error(ports.error());
    for (const int port : *ports) {
      list.push(Json::object().set("from", edge.from).set("to", edge.to).set("port", port).set("why", edge.why));
      table.row({edge.from, edge.to, std::to_string(port), edge.why});
    }
  }
  Json published = Json::array();
  for (const Endpoint& endpoint : foundation.endpoints)
    for (const Published& place : endpoint.publish) {
      Json from = Json::array();
      for (const std::string& one : place.from) from.push(one);
      published.push(Json::object().set("endpoint", endpoint.name).set("at", place.text()).set("from", std::move(from)));
      table.row({joined(place.from), endpoint.name + " at " + place.address, std::to_string(place.port), "published by the blueprint"});
    }
  if (!output.structured()) {
    output.print(table.text(output));
    output.print("\naccess.local: " + (foundation.local_users.empty() ? "nobody" : joined(foundation.local_users)) + "\n" + sentence(network) + "\n");
    return 0;
  }
  Json users = Json::array();
  for (const std::string& user : foundation.local_users) users.push(user);
  output.document(document_head("network")
                      .set("foundation", foundation.name)
                      .set("state", Json(kStates[static_cast<std::size_t>(network.state)]))
                      .set("table", network.table)
                      .set("why", network.why)
                      .set("edges", std::move(list))
                      .set("published", std::move(published))
                      .set("local_users", std::move(users)));
  return 0;
}

}  // namespace

int run(const NetworkShowOptions& options, Output& output) {
  auto pipeline = open_wanted(options.common, output);
  if (!pipeline) return output.errors(pipeline.error());
  return show((*pipeline)->foundation(), (*pipeline)->runtime(), output);
}

}  // namespace keelson::cli
