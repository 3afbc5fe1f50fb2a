#include "verify/sabotage.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>

#include "state/damage_journal.h"
#include "verify/damage.h"

namespace keelson {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kSettleMs = 45'000;  ///< a damage that a probe or a balancer must notice first
constexpr int kHealMs = 90'000;    ///< Sentinels count a stopped one for 30 s as unsure of the time (TILT)
constexpr int kPauseMs = 500;

Sabotage sabotage(std::string_view id, std::string_view what, std::vector<std::string_view> reddens, const damages::Deed& deed, std::string_view why_wide = {}) {
  return {id, what, std::move(reddens), why_wide, deed.prepare, deed.damage, deed.repair};
}

const std::vector<Sabotage>& sabotages() {
  using namespace damages;
  static const std::vector<Sabotage> all = {
      sabotage("PG-1", "the replica endpoint leads to the primary", {"PG-1", "DE-1"}, kReplicaEndpointToPrimary),
      sabotage("PG-2", "synchronous_commit is off by ALTER SYSTEM", {"PG-2", "DE-1"}, kCommitWithoutWaiting),
      sabotage("PG-3", "the owner may create roles and databases", {"PG-3", "DE-1"}, kMoreRights),
      sabotage("PG-4", "a trust line in one replica's pg_hba.conf", {"PG-4", "NE-2", "DE-1"}, kTrustLine),
      sabotage("PG-5", "max_client_conn is 100 on every pooler", {"PG-5", "DE-1"}, kFewClients),
      sabotage("PG-6", "autovacuum is off by ALTER SYSTEM", {"PG-6", "DE-1"}, kNoVacuum),
      sabotage("RD-1", "two Sentinels stand still", {"RD-1", "RD-3", "NE-2", "DE-1", "DE-3"}, kTwoSentinelsAway,
               "two processes are away: whoever calls them, for whatever reason, sees it"),
      sabotage("RD-2", "a member takes writes without a replica", {"RD-2", "DE-1"}, kUnguardedWrites),
      sabotage("RD-3", "the default user needs no password", {"RD-3", "DE-1"}, kOpenDefaultUser),
      sabotage("RD-4", "CONFIG SET appendonly no", {"RD-4", "DE-1"}, kNoAppendOnly),
      sabotage("NE-1", "the table of the network policy is deleted", {"NE-1", "DE-1"}, kNoPolicy),
      sabotage("NE-2", "a member of Redis listens in plaintext too", {"NE-2"}, kPlaintextListener),
      sabotage("TD-1", "a replica believes the services root for clients", {"TD-1", "DE-1"}, kForeignRoot),
      sabotage("AC-1", "a data directory everybody may enter", {"AC-1", "DE-1"}, kOpenDirectory),
      sabotage("AC-3", "a password in a log", {"AC-3"}, kSecretInLog),
      sabotage("DE-1", "a configuration file edited by hand", {"DE-1"}, kEditedFile),
      sabotage("DE-2", "user app of Redis has another password", {"DE-2", "DE-1", "RD-1", "RD-4"}, kOtherPassword,
               "RD-1 and RD-4 write as the user whose password was changed"),
      sabotage("DE-3", "a pooler stands still (SIGSTOP)", {"DE-3", "NE-2", "DE-1"}, kStoppedMember),
  };
  return all;
}

state::DamageJournal journal_of(const CheckContext& context) { return {context.state_dir, state::DamageJournal::kSabotage}; }

/// Every cheap check and the declared ones.
std::vector<CheckResult> look(CheckContext& context, const std::vector<std::string_view>& declared) {
  std::vector<CheckResult> out;
  for (const Check& check : all_checks()) {
    const bool wanted = std::find(declared.begin(), declared.end(), check.id) != declared.end();
    if (wanted || check.cost == CheckCost::cheap) out.push_back(run_check(check, context));
  }
  return out;
}

/// Looks again and again until the red checks are the declared ones; "" then, else the last difference.
std::string settle(CheckContext& context, const Sabotage& sabotage, const std::vector<std::string_view>& red, int within_ms) {
  const auto until = Clock::now() + std::chrono::milliseconds(within_ms);
  while (true) {
    std::string difference = red_difference(red, look(context, sabotage.reddens));
    if (difference.empty() || Clock::now() >= until) return difference;
    std::this_thread::sleep_for(std::chrono::milliseconds(kPauseMs));
  }
}

/// Checks that this foundation skips cannot go red, whatever is declared.
std::vector<std::string_view> applicable(const Sabotage& sabotage, const std::set<std::string, std::less<>>& skipped) {
  std::vector<std::string_view> out;
  for (const std::string_view id : sabotage.reddens)
    if (!skipped.contains(id)) out.push_back(id);
  return out;
}

void tell(const SabotageListener& listener, const std::string& doing) {
  if (listener.progress) listener.progress(doing);
}

/// Damage, look, repair, look. An Error only when the repair failed: then nothing more may be tried.
Result<SabotageResult> run_one(CheckContext& context, const Sabotage& sabotage, const std::set<std::string, std::less<>>& skipped, const SabotageListener& listener) {
  SabotageResult result{std::string(sabotage.id), std::string(sabotage.what), CheckState::fail, 0, {}};
  const auto record = sabotage.prepare(context);
  if (!record || skipped.contains(sabotage.id)) {
    const bool not_here = record || record.error().code == ErrorCode::not_supported;
    result.state = not_here ? CheckState::skip : CheckState::fail;
    result.evidence = record ? "its check is skipped here" : record.error().why.empty() ? record.error().what : record.error().why;
    return result;
  }
  KEELSON_CHECK(journal_of(context).open({std::string(sabotage.id), std::string(sabotage.what), *record}));
  tell(listener, std::string(sabotage.id) + ": " + std::string(sabotage.what));
  const auto damaged = sabotage.damage(context, *record);
  const std::vector<std::string_view> red = applicable(sabotage, skipped);
  const std::string seen = damaged ? settle(context, sabotage, red, kSettleMs) : "could not be done: " + describe(damaged.error());

  tell(listener, std::string(sabotage.id) + ": repairing");
  KEELSON_CHECK(sabotage.repair(context, *record));
  KEELSON_CHECK(journal_of(context).close());
  const std::string after = settle(context, sabotage, {}, kHealMs);
  std::string names;
  for (const std::string_view id : red) names += (names.empty() ? "" : ", ") + std::string(id);
  if (!seen.empty()) result.evidence = "damaged: " + seen;
  else if (!after.empty()) result.evidence = "repaired, but " + after;
  else result.state = CheckState::pass, result.evidence = "exactly " + names + " went red; repaired, all green";
  return result;
}

}  // namespace

std::span<const Sabotage> all_sabotages() { return sabotages(); }

const Sabotage* find_sabotage(std::string_view id) {
  for (const Sabotage& sabotage : sabotages())
    if (sabotage.id == id) return &sabotage;
  return nullptr;
}

std::string red_difference(const std::vector<std::string_view>& declared, const std::vector<CheckResult>& results) {
  std::string out;
  const auto add = [&out](const std::string& text) { out += (out.empty() ? "" : "; ") + text; };
  for (const CheckResult& result : results) {
    const bool expected = std::find(declared.begin(), declared.end(), result.id) != declared.end();
    const bool red = result.state == CheckState::fail;
    if (red && !expected) add(result.id + " is red too: " + result.evidence);
    if (!red && expected) add(result.id + " stayed " + std::string(name(result.state)));
  }
  return out;
}

Result<bool> repair_left_over(CheckContext& context) {
  state::DamageJournal journal = journal_of(context);
  KEELSON_TRY(const auto open, journal.left_over());
  if (!open) return false;
  const Sabotage* sabotage = find_sabotage(open->id);
  if (sabotage == nullptr) return fail("cannot repair an unknown sabotage", journal.path(), open->id);
  KEELSON_CHECK(sabotage->repair(context, open->repair));
  KEELSON_CHECK(journal.close());
  return true;
}

Result<std::vector<SabotageResult>> run_sabotage(CheckContext& context, const std::vector<std::string>& ids, const SabotageListener& listener) {
  if (context.foundation.protect)
    return fail_as(ErrorCode::preflight_refused, "the foundation is protected", context.foundation.name, "its blueprint says protect: true",
                   "try a foundation of the same blueprint that nobody depends on");
  for (const std::string& id : ids)
    if (find_sabotage(id) == nullptr) return fail_as(ErrorCode::usage, "there is no sabotage " + id, {}, {}, "keelson verify --list names them");
  KEELSON_CHECK(repair_left_over(context));
  tell(listener, "trying every check before anything is damaged");
  std::set<std::string, std::less<>> skipped;
  for (const CheckResult& result : verify(context, {}, nullptr)) {
    if (result.state == CheckState::fail)
      return fail_as(ErrorCode::check_failed, result.id + " is red before anything was damaged", {}, result.evidence, result.next);
    if (result.state == CheckState::skip) skipped.insert(result.id);
  }
  std::vector<SabotageResult> out;
  for (const Sabotage& sabotage : sabotages()) {
    if (!ids.empty() && std::find(ids.begin(), ids.end(), sabotage.id) == ids.end()) continue;
    const auto began = Clock::now();
    KEELSON_TRY(SabotageResult result, run_one(context, sabotage, skipped, listener));
    result.took_ms = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began).count();
    if (listener.done) listener.done(result);
    out.push_back(std::move(result));
  }
  return out;
}

Json sabotage_json(const std::string& foundation, const std::string& observed_at, const std::vector<SabotageResult>& results) {
  Json list = Json::array();
  for (const SabotageResult& result : results)
    list.push(Json::object()
                  .set("id", result.id)
                  .set("what", result.what)
                  .set("state", name(result.state))
                  .set("took_ms", result.took_ms)
                  .set("evidence", result.evidence));
  return Json::object().set("schema", "keelson.sabotage/v1").set("observed_at", observed_at).set("foundation", foundation).set("sabotages", std::move(list));
}

}  // namespace keelson
