#include "verify/sabotage.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>

#include "state/damage_journal.h"
#include "verify/damage.h"
#include "verify/saboteur.h"

namespace keelson {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kSettleMs = 45'000;  ///< a damage that a probe or a balancer must notice first
constexpr int kHealMs = 90'000;    ///< Sentinels count a stopped one for 30 s as unsure of the time (TILT)
constexpr int kPauseMs = 500;

Sabotage by_client(std::string_view id, std::string_view what, std::vector<std::string_view> reddens, const Deed<ClientContext>& deed, std::string_view why_wide = {}) {
  return {.id = id, .what = what, .reddens = std::move(reddens), .why_wide = why_wide, .client = deed};
}

Sabotage from_beside(std::string_view id, std::string_view what, std::vector<std::string_view> reddens, const Deed<CheckContext>& deed, std::string_view why_wide = {}) {
  return {.id = id, .what = what, .reddens = std::move(reddens), .why_wide = why_wide, .beside = deed};
}

Sabotage among_users(std::vector<std::string_view> reddens, Sabotage sabotage) {
  sabotage.reddens_among_users = std::move(reddens);
  return sabotage;
}

/// Whoever looks into every container finds one that shows nothing.
Sabotage out_of_sight(Sabotage sabotage) {
  sabotage.reddens_in_containers = {"NE-1", "AC-1"};
  return sabotage;
}

const std::vector<Sabotage>& sabotages() {
  using namespace damages;
  static const std::vector<Sabotage> all = {
      from_beside("PG-1", "the replica endpoint leads to the primary, too", {"PG-1"}, kReplicaEndpointToPrimary),
      by_client("PG-2", "synchronous_commit is off by ALTER SYSTEM", {"PG-2", "DE-1"}, kCommitWithoutWaiting),
      by_client("PG-3", "the owner may create roles and databases", {"PG-3", "DE-1"}, kMoreRights),
      by_client("PG-4", "a trust line in one replica's pg_hba.conf", {"PG-4", "NE-2", "DE-1"}, kTrustLine),
      from_beside("PG-5", "the endpoint gives each pooler 50 clients", {"PG-5"}, kFewClients),
      by_client("PG-6", "autovacuum is off by ALTER SYSTEM", {"PG-6", "DE-1"}, kNoVacuum),
      out_of_sight(from_beside("RD-1", "two Sentinels answer nobody", {"RD-1", "RD-3", "NE-2", "DE-1", "DE-3"}, kTwoSentinelsAway,
                               "two processes are away: whoever calls them, for whatever reason, sees it")),
      by_client("RD-2", "a member takes writes without a replica", {"RD-2", "DE-1"}, kUnguardedWrites),
      by_client("RD-3", "the default user needs no password", {"RD-3"}, kOpenDefaultUser),
      by_client("RD-4", "CONFIG SET appendonly no", {"RD-4", "DE-1"}, kNoAppendOnly),
      among_users({"DE-1"}, from_beside("NE-1", "a way is open where no edge leads", {"NE-1"}, kOpenWay)),
      by_client("NE-2", "a member of Redis listens in plaintext too", {"NE-2"}, kPlaintextListener),
      by_client("TD-1", "a replica believes the services root for clients", {"TD-1", "DE-1"}, kForeignRoot),
      among_users({"DE-1"}, from_beside("AC-1", "an instance may do more than it was given", {"AC-1"}, kMorePrivileges)),
      from_beside("AC-3", "a password in a log", {"AC-3"}, kSecretInLog),
      from_beside("DE-1", "a configuration file edited by hand", {"DE-1"}, kEditedFile),
      by_client("DE-2", "user app of Redis has another password", {"DE-2", "RD-1", "RD-4"}, kOtherPassword),
      out_of_sight(from_beside("DE-3", "a pooler answers nobody", {"DE-3", "NE-2", "DE-1"}, kStoppedMember)),
  };
  return all;
}

state::DamageJournal journal_of(const CheckContext& context) { return {context.state_dir, state::DamageJournal::kSabotage}; }

bool among(const std::vector<std::string_view>& ids, std::string_view id) { return std::find(ids.begin(), ids.end(), id) != ids.end(); }

enum class Which { declared, all_cheap_too };

std::vector<CheckResult> look(Saboteur& saboteur, const std::vector<std::string_view>& declared, Which which) {
  std::vector<Check> checks;
  for (const Check& check : all_checks())
    if (among(declared, check.id) || (which == Which::all_cheap_too && check.cost == CheckCost::cheap)) checks.push_back(check);
  return saboteur.try_checks(checks);
}

/// Looks again and again until the red checks are `red`; "" then, else the last difference. The declared ones first: they change, and only when they are as
/// they should be it is worth while to look at all.
std::string settle(Saboteur& saboteur, const std::vector<std::string_view>& declared, const std::vector<std::string_view>& red, int within_ms) {
  const auto until = Clock::now() + std::chrono::milliseconds(within_ms);
  while (true) {
    std::string difference = red_difference(red, look(saboteur, declared, Which::declared));
    if (difference.empty()) difference = red_difference(red, look(saboteur, declared, Which::all_cheap_too));
    if (difference.empty() || Clock::now() >= until) return difference;
    std::this_thread::sleep_for(std::chrono::milliseconds(kPauseMs));
  }
}

/// What must be red here. Checks that this foundation skips cannot go red, whatever is declared.
std::vector<std::string_view> applicable(const CheckContext& context, const Sabotage& sabotage, const std::set<std::string, std::less<>>& skipped) {
  std::vector<std::string_view> out = sabotage.reddens;
  const auto& more = context.runtime.isolation() == Isolation::users ? sabotage.reddens_among_users : sabotage.reddens_in_containers;
  out.insert(out.end(), more.begin(), more.end());
  std::erase_if(out, [&](std::string_view id) { return skipped.contains(id); });
  return out;
}

void tell(const SabotageListener& listener, const std::string& doing) {
  if (listener.progress) listener.progress(doing);
}

/// Damage, look, repair, look. An Error only when the repair failed: then nothing more may be tried.
Result<SabotageResult> run_one(CheckContext& context, Saboteur& saboteur, const Sabotage& sabotage, const std::set<std::string, std::less<>>& skipped, const SabotageListener& listener) {
  SabotageResult result{std::string(sabotage.id), std::string(sabotage.what), CheckState::fail, 0, {}};
  const auto record = saboteur.prepare(sabotage);
  if (!record || skipped.contains(sabotage.id)) {
    const bool not_here = record || record.error().code == ErrorCode::not_supported;
    result.state = not_here ? CheckState::skip : CheckState::fail;
    result.evidence = record ? "its check is skipped here" : record.error().why.empty() ? record.error().what : record.error().why;
    return result;
  }
  KEELSON_CHECK(journal_of(context).open({std::string(sabotage.id), std::string(sabotage.what), *record}));
  tell(listener, std::string(sabotage.id) + ": " + std::string(sabotage.what));
  const auto damaged = saboteur.damage(sabotage, *record);
  const std::vector<std::string_view> red = applicable(context, sabotage, skipped);
  const std::string seen = damaged ? settle(saboteur, red, red, kSettleMs) : "could not be done: " + describe(damaged.error());

  tell(listener, std::string(sabotage.id) + ": repairing");
  KEELSON_CHECK(saboteur.repair(sabotage, *record));
  KEELSON_CHECK(journal_of(context).close());
  const std::string after = settle(saboteur, red, {}, kHealMs);
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
    const bool expected = among(declared, result.id);
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
  KEELSON_CHECK(Saboteur(context).repair(*sabotage, open->repair));
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
  Saboteur saboteur(context);
  std::set<std::string, std::less<>> skipped;
  for (const CheckResult& result : saboteur.try_checks(all_checks())) {
    if (result.state == CheckState::fail)
      return fail_as(ErrorCode::check_failed, result.id + " is red before anything was damaged", {}, result.evidence, result.next);
    if (result.state == CheckState::skip) skipped.insert(result.id);
  }
  std::vector<SabotageResult> out;
  for (const Sabotage& sabotage : sabotages()) {
    if (!ids.empty() && std::find(ids.begin(), ids.end(), sabotage.id) == ids.end()) continue;
    const auto began = Clock::now();
    KEELSON_TRY(SabotageResult result, run_one(context, saboteur, sabotage, skipped, listener));
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
