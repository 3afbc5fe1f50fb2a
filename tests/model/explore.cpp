#include "explore.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

#include "moves.h"

namespace keelson::model {
namespace {

/// All states met, in the order they were, each once: a hash table of their places, open addressing, at most half full.
class Met {
 public:
  /// The state's place, and whether it is new.
  std::pair<std::uint32_t, bool> add(const State& state) {
    if (states_.size() * 2 >= table_.size()) grow();
    std::uint32_t& slot = find(state);
    if (slot != kFree) return {slot, false};
    slot = static_cast<std::uint32_t>(states_.size());
    states_.push_back(state);
    return {slot, true};
  }
  const State& operator[](std::uint32_t place) const { return states_[place]; }
  std::uint32_t size() const { return static_cast<std::uint32_t>(states_.size()); }

 private:
  static constexpr std::uint32_t kFree = UINT32_MAX;
  static_assert(std::has_unique_object_representations_v<State>, "hashed as bytes");

  std::uint32_t& find(const State& state) {
    const std::string_view bytes(reinterpret_cast<const char*>(&state), sizeof state);
    std::size_t at = std::hash<std::string_view>()(bytes) & (table_.size() - 1);
    while (table_[at] != kFree && !(states_[table_[at]] == state)) at = (at + 1) & (table_.size() - 1);
    return table_[at];
  }

  void grow() {
    table_.assign(table_.size() * 2, kFree);
    for (std::uint32_t place = 0; place < size(); ++place) find(states_[place]) = place;
  }

  std::vector<State> states_;
  std::vector<std::uint32_t> table_ = std::vector<std::uint32_t>(1U << 16, kFree);
};

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

  Exploration run(const Faults& faults, Elects elects) {
    State first;
    first.left = faults;
    first.elects = elects;
    if (durability_ == Durability::asynchronous) first.store.sync_standby = kNobody;
    visit(first, {}, Nature::progress);
    for (at_ = 0; at_ < states_.size(); ++at_) {
      const State state = states_[at_];
      if (states_.size() > kMostStates) {
        out_.complete = false;
        break;
      }
      if (state.broken) {
        out_.broken = static_cast<Law>(state.broken);
        tell(at_);
        break;
      }
      const Emit emit = [&](std::string_view move, Nature nature, const State& next) { visit(next, move, nature); };
      leader_moves(state, durability_, without_, emit);
      follower_moves(state, durability_, emit);
      agent_moves(state, durability_, without_, emit);
      wire_moves(state, durability_, without_, emit);
    }
    out_.states = states_.size();
    if (out_.broken == Law::kept && out_.complete) find_stuck();
    return std::move(out_);
  }

 private:
  void visit(const State& next, std::string_view move, Nature nature) {
    const auto [place, fresh] = states_.add(next);
    if (fresh) arrivals_.push_back({at_, move});
    ++out_.moves;
    if (nature == Nature::progress && !move.empty() && place != at_) edges_.push_back({place, at_});
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
  Met states_;
  std::vector<Arrival> arrivals_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> edges_;  ///< to, from: progress only
  std::uint32_t at_ = 0;
  Exploration out_;
};

}  // namespace

Exploration explore(const Faults& faults, Durability durability, Without without, Elects elects) { return Explorer(durability, without).run(faults, elects); }

}  // namespace keelson::model
