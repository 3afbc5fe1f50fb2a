#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "verify/verify.h"

namespace keelson {

/// How something is damaged and repaired, by somebody who sees a `Context`.
///
/// Order of a run: `prepare` looks and chooses (it changes nothing) -> its record is written to <state>/sabotage.json and
/// synced -> `damage` -> checks -> `repair` -> checks -> the record is removed. A killed run therefore leaves a record of
/// everything that may have been done, and `repair_left_over` undoes it. `repair` is idempotent and also right when
/// `damage` never ran. Records hold no secrets: a changed file is kept beside itself, for its owner only.
template <typename Context>
struct Deed {
  /// Fails with not_supported when this foundation has nothing to damage that way.
  Result<Json> (*prepare)(Context&) = nullptr;
  Result<void> (*damage)(Context&, const Json& record) = nullptr;
  Result<void> (*repair)(Context&, const Json& record) = nullptr;
};

/// A deliberate damage that must turn exactly `reddens` red: the proof that those checks can fail. One of the two deeds is null.
struct Sabotage {
  std::string_view id;    ///< of the check it is for
  std::string_view what;  ///< "autovacuum is off by ALTER SYSTEM"
  std::vector<std::string_view> reddens;  ///< its own check among them
  std::string_view why_wide = {};         ///< the reason when `reddens` has more than three
  std::vector<std::string_view> reddens_among_users = {};    ///< these, too, where instances are this machine's processes (Isolation::users)
  std::vector<std::string_view> reddens_in_containers = {};  ///< these, too, where they are not
  Deed<ClientContext> client = {};  ///< by an administrator who is a client of the engines
  Deed<CheckContext> beside = {};   ///< by whoever runs them
};

/// One for each check, in the same order.
std::span<const Sabotage> all_sabotages();
const Sabotage* find_sabotage(std::string_view id);

/// How one sabotage went: `pass` when exactly the declared checks went red and all were green again after the repair.
struct SabotageResult {
  std::string id;
  std::string what;
  CheckState state = CheckState::fail;  ///< never unproven
  std::int64_t took_ms = 0;
  std::string evidence;
};

struct SabotageListener {
  std::function<void(const std::string& doing)> progress = {};  ///< one line, for people
  std::function<void(const SabotageResult&)> done = {};
};

/// Runs the sabotages of `ids` (all when empty), one after another. Refused when the foundation is protected
/// (ErrorCode::preflight_refused), and when a check is red before anything is damaged (ErrorCode::check_failed). Blocks, about
/// half a minute for each. After each damage every cheap check and every declared one is tried, again and again until they
/// are as declared or a deadline passes. When a repair fails the run ends there, and the record stays for repair_left_over.
Result<std::vector<SabotageResult>> run_sabotage(CheckContext& context, const std::vector<std::string>& ids, const SabotageListener& listener);

/// Repairs what a killed run left. True when there was something. An agent that starts has it called; `up` calls it before it observes, and again after
/// applying when the first attempt failed because the engine did not run.
Result<bool> repair_left_over(CheckContext& context);

/// keelson.sabotage/v1: {schema, observed_at, foundation, sabotages:[{id, what, state, took_ms, evidence}]}. Pure.
Json sabotage_json(const std::string& foundation, const std::string& observed_at, const std::vector<SabotageResult>& results);

/// Compares the red checks with the declared ones: "" when they are the same, else both differences. Pure.
std::string red_difference(const std::vector<std::string_view>& declared, const std::vector<CheckResult>& results);

}  // namespace keelson
