#include "world.h"

#include <fmt/format.h>

#include <string_view>

#include "moves.h"

namespace keelson::model {
namespace {

constexpr std::array<std::string_view, 6> kLaws{"kept", "an acknowledged commit is lost", "two members acknowledge",
                                                "a member that is not fenced is deposed", "nobody is left who may lead", "released in Patroni's pause"};
static_assert(kLaws.size() == static_cast<std::size_t>(Law::released_in_pause) + 1);
constexpr std::array<std::string_view, 15> kWithout{"nothing", "fence", "look at the log", "handing over", "compare leader", "compare sync",
                                                    "compare config", "compare token", "token by revision", "writing down", "settling", "voiding", "mark of its own", "closing first", "comparing writer"};
static_assert(kWithout.size() == static_cast<std::size_t>(Without::comparing_writer) + 1);
constexpr std::array<std::string_view, 11> kSteps{"idle", "fenced", "kept", "marked", "looked", "sent", "waiting", "settling", "closed", "done", "gone"};
static_assert(kSteps.size() == static_cast<std::size_t>(Step::gone) + 1);
constexpr std::array<std::string_view, 4> kEngines{"down", "replica", "primary", "orphan"};

}  // namespace

std::string_view name(Law law) { return kLaws[static_cast<std::size_t>(law)]; }
std::string_view name(Without without) { return kWithout[static_cast<std::size_t>(without)]; }

void breaks(State& state, Law law) {
  if (state.broken == 0) state.broken = static_cast<std::uint8_t>(law);
}

std::string describe(const State& s) {
  const auto engine = [&](int who) { return kEngines[static_cast<std::size_t>(s.engine[who])]; };
  return fmt::format("leader {} (rev {}), sync {}/{} (rev {}), token {} (rev {}), handed {}, m0 {} has {}, m1 {} has {}, m2 {} has {}, acked {}, agent {}, open {}",
                     s.store.leader, s.store.leader_revision, s.store.sync_leader, s.store.sync_standby, s.store.sync_revision, s.store.token,
                     s.store.token_revision, s.store.handed, engine(0), s.has[0], engine(1), s.has[1], engine(2), s.has[2], s.acked,
                     kSteps[static_cast<std::size_t>(s.step)], s.open);
}

}  // namespace keelson::model
