#include "verify/verify.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "verify/checks.h"

namespace keelson {
namespace {

constexpr std::array<std::string_view, 4> kStateNames = {"pass", "fail", "skip", "unproven"};
static_assert(kStateNames.size() == static_cast<std::size_t>(CheckState::unproven) + 1);

constexpr Check kChecks[] = {
    {"PG-1", "one primary, its replicas, and their two endpoints", checks::reads_and_writes},
    {"PG-2", "an acknowledged commit is never lost", checks::synchronous_commit},
    {"PG-3", "roles can do no more than they must", checks::least_privilege_roles},
    {"PG-4", "every PostgreSQL session is TLS with SCRAM or a certificate", checks::encrypted_sessions},
    {"PG-5", "the pooler holds a thousand clients", checks::thousand_clients, CheckCost::heavy},
    {"PG-6", "automated vacuum, memory settings that fit", checks::sane_settings},
    {"RD-1", "a Redis master, its replicas, and a Sentinel quorum", checks::replication_and_quorum},
    {"RD-2", "the Redis master fails over", checks::guarded_writes},
    {"RD-3", "no Redis without a password, none in plaintext", checks::authenticated_only},
    {"RD-4", "Redis persists, within its memory", checks::durable_and_bounded},
    {"NE-1", "only declared connections are open", checks::only_declared_connections},
    {"NE-2", "every listener speaks TLS and nothing else", checks::no_plaintext},
    {"TD-1", "a certificate of one trust domain opens nothing in another", checks::separate_trust},
    {"AC-1", "each component its own user, without privileges", checks::least_privilege_processes},
    {"AC-3", "no secret where it does not belong", checks::no_leaked_secret},
    {"DE-1", "a second up changes nothing", checks::nothing_to_change},
    {"DE-2", "every line of the access sheet works", checks::access_sheet_works},
    {"DE-3", "status says what clients see", checks::status_is_true},
};

}  // namespace

std::string_view name(CheckState state) { return kStateNames[static_cast<std::size_t>(state)]; }

Finding passed(std::string evidence) { return {CheckState::pass, std::move(evidence), {}}; }
Finding failed(std::string evidence, std::string next) { return {CheckState::fail, std::move(evidence), std::move(next)}; }
Finding skipped(std::string reason) { return {CheckState::skip, std::move(reason), {}}; }
Finding unproven(std::string evidence, std::string next) { return {CheckState::unproven, std::move(evidence), std::move(next)}; }

std::span<const Check> all_checks() { return kChecks; }

const Check* find_check(std::string_view id) {
  for (const Check& check : kChecks)
    if (check.id == id) return &check;
  return nullptr;
}

CheckResult run_check(const Check& check, CheckContext& context) {
  using Clock = std::chrono::steady_clock;
  const auto began = Clock::now();
  auto found = check.run(context);
  CheckResult result{std::string(check.id), std::string(check.title), CheckState::fail, 0, {}, {}};
  result.took_ms = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began).count();
  if (found) {
    result.state = found->state;
    result.evidence = std::move(found->evidence);
    result.next = std::move(found->next);
  } else {
    Error error = std::move(found.error());
    result.next = std::move(error.next);
    error.next.clear();
    result.evidence = describe(error);
  }
  if (result.next.empty() && result.state == CheckState::fail) result.next = "keelson status shows who is not well";
  return result;
}

std::vector<CheckResult> verify(CheckContext& context, const std::vector<std::string>& only,
                                const std::function<void(const CheckResult&)>& done) {
  std::vector<CheckResult> out;
  for (const Check& check : kChecks) {
    if (!only.empty() && std::find(only.begin(), only.end(), check.id) == only.end()) continue;
    out.push_back(run_check(check, context));
    if (done) done(out.back());
  }
  return out;
}

bool all_proved(const std::vector<CheckResult>& results) {
  return std::all_of(results.begin(), results.end(),
                     [](const CheckResult& result) { return result.state == CheckState::pass || result.state == CheckState::skip; });
}

}  // namespace keelson
