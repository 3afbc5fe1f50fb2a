#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "world.h"

namespace keelson::model {

constexpr std::size_t kMostStates = 8'000'000;  ///< about 2 GiB with the edges between them

struct Exploration {
  std::size_t states = 0;
  std::size_t moves = 0;
  bool complete = true;                ///< false: given up at kMostStates
  Law broken = Law::kept;              ///< the first law found broken
  std::size_t stuck = 0;               ///< states from which, if nothing more goes wrong, no member ever leads again
  std::vector<std::string> story = {}; ///< a shortest way there, a move a line
};

/// Looks at every state that can be reached, breadth first. Ends at the first broken law, else asks of every state whether the
/// foundation can come back from it without further faults.
Exploration explore(const Faults& faults, Durability durability, Without without, Elects elects = Elects::in_etcd);

}  // namespace keelson::model
