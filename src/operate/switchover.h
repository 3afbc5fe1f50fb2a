#pragma once
#include <string>

#include "base/result.h"
#include "client/client.h"

namespace keelson::operate {

/// A leadership that was handed over.
struct Switchover {
  std::string from;
  std::string to;
  double took_ms = 0;  ///< from the request until the engine's majority names the new leader, and the endpoint leads there
};

/// Hands the leadership of a component over in good order, by the engine's own means, poolers held back meanwhile. `to`: the member
/// that shall lead; "" = the engine chooses. The caller holds the state's lock. Fails with not_supported where the engine has no such
/// means, usage for a member that cannot be meant, preflight_refused while the component is not redundant. Blocks, with deadlines.
Result<Switchover> switch_over(Standing& standing, const Component& component, const std::string& to);

}  // namespace keelson::operate
