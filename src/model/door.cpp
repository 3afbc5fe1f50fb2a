#include "model/door.h"

namespace keelson {

Result<std::vector<Door>> doors_of(const Foundation& foundation, const Edge& edge) {
  const Endpoint* endpoint = find_endpoint(foundation, edge.to);
  const Component* component = find_component(foundation, edge.to);
  if (endpoint != nullptr && (edge.port == 0 || component == nullptr))
    return std::vector<Door>{{edge.from, edge.to, endpoint->address, endpoint->port, edge.why}};
  if (component == nullptr)
    return fail("an edge leads to nothing", edge.from + " -> " + edge.to, "neither a component nor an endpoint has that name");
  const std::vector<int> ports = edge.port == 0 ? component->ports : std::vector<int>{edge.port};
  std::vector<Door> doors;
  for (const int port : ports)
    for (const Member& member : component->members) doors.push_back({edge.from, edge.to, member.address, port, edge.why});
  return doors;
}

Result<std::vector<Door>> open_doors(const Foundation& foundation) {
  std::vector<Door> all;
  for (const Edge& edge : foundation.edges) {
    KEELSON_TRY(const std::vector<Door> doors, doors_of(foundation, edge));
    all.insert(all.end(), doors.begin(), doors.end());
  }
  return all;
}

}  // namespace keelson
