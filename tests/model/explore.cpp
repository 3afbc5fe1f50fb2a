#include "explore.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <unordered_map>

#include "moves.h"

namespace keelson::model {
namespace {

struct Hash {
  std::size_t operator()(const State& state) const { return std::hash<std::string_view>()({reinterpret_cast<const char*>(&state), sizeof state}); }
};
static_assert(std::has_unique_object_representations_v<State>, "compared and hashed as bytes");

struct Arrival {
  std::uint32_t from = 0;
  std::string_view move = {};  ///< of static storage: every move is a literal
};

/// A member leads, and no attempt is open.
bool settled(const State& state) {
  if (state.step != Step::idle || state.open || state.store.leader == kNobody) return false;
  const int leader = state.store.leader;
  return leader == 0 ? state.engine[0] == Engine::primary && state.tender == Tender::up : state.race[leader] == Race::leads;
}

class Explorer {
 public:
  Explorer(Durability durability, Without without) : durability_(durability), without_(without) {}

  Exploration run() {
    State first;
    if (durability_ == Durability::asynchronous) first.store.sync_standby = kNobody;
    visit(first, {}, Nature::progress);
    for (at_ = 0; at_ < states_.size(); ++at_) {
      const State state = states_[at_];
      if (state.broken) {
        out_.broken = static_cast<Law>(state.broken);
        tell(at_);
        break;
      }
      const Emit emit = [&](std::string_view move, Nature nature, const State& next) { visit(next, move, nature); };
      leader_moves(state, durability_, emit);
      follower_moves(state, durability_, emit);
      agent_moves(state, durability_, without_, emit);
      wire_moves(state, durability_, without_, emit);
    }
    out_.states = states_.size();
    if (out_.broken == Law::kept) find_stuck();
    return std::move(out_);
  }

 private:
  void visit(const State& next, std::string_view move, Nature nature) {
    const auto [place, fresh] = known_.try_emplace(next, static_cast<std::uint32_t>(states_.size()));
    if (fresh) {
      states_.push_back(next);
      arrivals_.push_back({at_, move});
    }
    ++out_.moves;
    if (nature == Nature::progress && !move.empty() && place->second != at_) edges_.push_back({place->second, at_});
  }

  void tell(std::uint32_t state) {
    for (std::uint32_t at = state; at != 0; at = arrivals_[at].from) out_.story.emplace_back(arrivals_[at].move);
    std::reverse(out_.story.begin(), out_.story.end());
    out_.story.push_back("=> " + describe(states_[state]));
  }

  /// Backwards from every settled state along the moves that are no faults: whoever is not met is stuck.
  void find_stuck() {
    std::sort(edges_.begin(), edges_.end());
    std::vector<char> met(states_.size(), 0);
    std::vector<std::uint32_t> queue;
    for (std::uint32_t at = 0; at < states_.size(); ++at)
      if (settled(states_[at])) {
        met[at] = 1;
        queue.push_back(at);
      }
    while (!queue.empty()) {
      const std::uint32_t to = queue.back();
      queue.pop_back();
      for (auto edge = std::lower_bound(edges_.begin(), edges_.end(), std::pair<std::uint32_t, std::uint32_t>{to, 0}); edge != edges_.end() && edge->first == to; ++edge)
        if (!met[edge->second]) {
          met[edge->second] = 1;
          queue.push_back(edge->second);
        }
    }
    for (std::uint32_t at = 0; at < states_.size(); ++at)
      if (!met[at] && out_.stuck++ == 0) tell(at);
  }

  const Durability durability_;
  const Without without_;
  std::unordered_map<State, std::uint32_t, Hash> known_;
  std::vector<State> states_;
  std::vector<Arrival> arrivals_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> edges_;  ///< to, from: progress only
  std::uint32_t at_ = 0;
  Exploration out_;
};

}  // namespace

Exploration explore(Durability durability, Without without) { return Explorer(durability, without).run(); }

}  // namespace keelson::model
