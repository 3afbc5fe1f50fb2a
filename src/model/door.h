#pragma once
#include <string>
#include <vector>

#include "base/result.h"
#include "model/foundation.h"

namespace keelson {

/// One place that an edge opens: `from` may open TCP connections to this address and port, because of `why`.
struct Door {
  std::string from;     ///< component name, or kLocalUsers
  std::string to;       ///< the edge's: component or endpoint name
  std::string address;
  int port = 0;
  std::string why = {};
  bool operator==(const Door&) const = default;
};

/// What an edge opens. Without a port: the endpoint of that name at its own port; where there is no such endpoint, every port of the
/// component's members. With one: that port of each member of the component; an endpoint only when no component has the name (a pooler
/// and its endpoint share theirs). An edge that leads to nothing is an error. Pure.
Result<std::vector<Door>> doors_of(const Foundation& foundation, const Edge& edge);

/// What all edges open, in their order. What is not among them is refused.
Result<std::vector<Door>> open_doors(const Foundation& foundation);

}  // namespace keelson
