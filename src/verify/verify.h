#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "client/client.h"

namespace keelson {

enum class CheckState { pass, fail, skip, unproven };
std::string_view name(CheckState state);

/// What a check found: `evidence` is what was seen, `next` what to do when it is not a pass.
struct CheckResult {
  std::string id;  ///< promise, "PG-3"
  std::string title;
  CheckState state = CheckState::unproven;
  std::int64_t took_ms = 0;
  std::string evidence;
  std::string next;
};

/// What a check uses where it acts as a client does: whom to reach, secrets, roots. It can be anywhere in the foundation's network. Borrows both.
struct ClientContext {
  const Foundation& foundation;
  World& world;
};

/// What a check uses where it looks at a foundation from beside it: processes, files, the plan, records of drills.
using CheckContext = Standing;

/// A check's own words, before the runner adds id and time.
struct Finding {
  CheckState state = CheckState::unproven;
  std::string evidence;
  std::string next = {};
};
Finding passed(std::string evidence);
Finding failed(std::string evidence, std::string next = {});
Finding skipped(std::string reason);
Finding unproven(std::string evidence, std::string next);
/// The worse of two, with its own words; both's when they are alike.
Finding worse(Finding one, Finding other);
/// An Error is a fail, in its own words.
Finding finding_of(Result<Finding> found);

/// What a check costs: the sabotage runner repeats the cheap ones after each damage.
enum class CheckCost { cheap, heavy };

/// One promise of promises.md and the functions that try it, at least one of the two: the promise is kept when each passes. An Error of one is a fail.
struct Check {
  std::string_view id;
  std::string_view title;
  Result<Finding> (*client)(ClientContext&) = nullptr;  ///< what a client sees
  Result<Finding> (*beside)(CheckContext&) = nullptr;   ///< what is seen from beside the foundation
  CheckCost cost = CheckCost::cheap;
};

/// Every check, in the order of promises.md. One whose component the foundation does not have says `skip`.
std::span<const Check> all_checks();
/// Null when there is none of that id.
const Check* find_check(std::string_view id);

/// Tries checks one after another, telling `done` after each; whatever goes wrong is in the results. Clients' halves are tried from here where `seat` is null, else
/// by the client there, all of them before the first is told.
std::vector<CheckResult> try_checks(CheckContext& context, const Result<ClientSeat*>& seat, std::span<const Check> checks, const std::function<void(const CheckResult&)>& done);

/// As try_checks, with the checks whose id is in `only` (all when empty). Takes a seat where clients are inside. Blocks, about 20 s for all. Ids that no check has are ignored: ask find_check first.
std::vector<CheckResult> verify(CheckContext& context, const std::vector<std::string>& only,
                                const std::function<void(const CheckResult&)>& done);

/// True when nothing failed and nothing is unproven (design section 5: exit 0, else 6).
bool all_proved(const std::vector<CheckResult>& results);

}  // namespace keelson
