#include "verify/verify.h"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>

#include "system/monotonic.h"
#include "verify/checks.h"
#include "verify/from_inside.h"

namespace keelson {
namespace {

constexpr std::array<std::string_view, 4> kStateNames = {"pass", "fail", "skip", "unproven"};
static_assert(kStateNames.size() == static_cast<std::size_t>(CheckState::unproven) + 1);

constexpr Check kChecks[] = {
    {"PG-1", "one primary, its replicas, and their two endpoints", checks::reads_and_writes},
    {"PG-2", "an acknowledged commit is never lost", checks::synchronous_commit, checks::postgresql_failovers},
    {"PG-3", "roles can do no more than they must", checks::least_privilege_roles},
    {"PG-4", "every PostgreSQL session is TLS with SCRAM or a certificate", checks::encrypted_sessions},
    {"PG-5", "the pooler holds a thousand clients", checks::thousand_clients, nullptr, CheckCost::heavy},
    {"PG-6", "automated vacuum, memory settings that fit", checks::sane_settings},
    {"RD-1", "a Redis master, its replicas, and a Sentinel quorum", checks::replication_and_quorum},
    {"RD-2", "the Redis master fails over", checks::guarded_writes, checks::redis_failovers},
    {"RD-3", "no Redis without a password, none in plaintext", checks::authenticated_only},
    {"RD-4", "Redis persists, within its memory", checks::durable_and_bounded},
    {"NE-1", "only declared connections are open", nullptr, checks::only_declared_connections},
    {"NE-2", "every listener speaks TLS and nothing else", checks::no_plaintext, checks::no_unknown_listener},
    {"TD-1", "a certificate of one trust domain opens nothing in another", checks::separate_trust},
    {"AC-1", "each component its own user, without privileges", nullptr, checks::least_privilege_processes},
    {"AC-3", "no secret where it does not belong", nullptr, checks::no_leaked_secret},
    {"DE-1", "a second up changes nothing", nullptr, checks::nothing_to_change},
    {"DE-2", "every line of the access sheet works", checks::logins_work, checks::access_sheet_is_whole},
    {"DE-3", "status says what clients see", checks::everything_answers, checks::status_is_ready},
};

template <typename Try>
HalfResult timed(Try attempt) {
  const std::int64_t began = monotonic_ms();
  Finding found = finding_of(attempt());
  return {std::move(found), monotonic_ms() - began};
}

/// From what keeps a promise to what breaks it.
int weight(CheckState state) {
  switch (state) {
    case CheckState::pass: return 0;
    case CheckState::skip: return 1;
    case CheckState::unproven: return 2;
    case CheckState::fail: return 3;
  }
  return 3;
}

CheckResult result_of(const Check& check, const std::vector<HalfResult>& halves) {
  CheckResult out{std::string(check.id), std::string(check.title), CheckState::fail, 0, {}, {}};
  Finding all = halves.front().found;
  for (std::size_t i = 1; i < halves.size(); ++i) all = worse(std::move(all), halves[i].found);
  for (const HalfResult& half : halves) out.took_ms += half.took_ms;
  out.state = all.state;
  out.evidence = std::move(all.evidence);
  out.next = std::move(all.next);
  if (out.next.empty() && out.state == CheckState::fail) out.next = "keelson status shows who is not well";
  return out;
}

std::vector<Check> chosen(const std::vector<std::string>& only) {
  std::vector<Check> out;
  for (const Check& check : kChecks)
    if (only.empty() || std::find(only.begin(), only.end(), check.id) != only.end()) out.push_back(check);
  return out;
}

}  // namespace

std::string_view name(CheckState state) { return kStateNames[static_cast<std::size_t>(state)]; }

Finding passed(std::string evidence) { return {CheckState::pass, std::move(evidence), {}}; }
Finding failed(std::string evidence, std::string next) { return {CheckState::fail, std::move(evidence), std::move(next)}; }
Finding skipped(std::string reason) { return {CheckState::skip, std::move(reason), {}}; }
Finding unproven(std::string evidence, std::string next) { return {CheckState::unproven, std::move(evidence), std::move(next)}; }

Finding worse(Finding one, Finding other) {
  if (weight(one.state) != weight(other.state)) return weight(one.state) > weight(other.state) ? one : other;
  one.evidence += (one.evidence.empty() || other.evidence.empty() ? "" : "; ") + other.evidence;
  if (one.next.empty()) one.next = std::move(other.next);
  return one;
}

Finding finding_of(Result<Finding> found) {
  if (found) return std::move(*found);
  Error error = std::move(found.error());
  std::string next = std::move(error.next);
  error.next.clear();
  return failed(describe(error), std::move(next));
}

std::span<const Check> all_checks() { return kChecks; }

const Check* find_check(std::string_view id) {
  for (const Check& check : kChecks)
    if (check.id == id) return &check;
  return nullptr;
}

/// One half after the other: checks that hurried each other would tell of the hurry.
std::vector<CheckResult> try_checks(CheckContext& context, const Result<ClientSeat*>& seat, std::span<const Check> checks, const std::function<void(const CheckResult&)>& done) {
  ClientContext client{context.foundation, context.runtime.world()};
  const bool here = seat && *seat == nullptr;
  std::map<std::string, HalfResult> inside;
  std::optional<Error> not_asked;
  if (!seat) not_asked = seat.error();
  if (seat && !here) {
    auto told = ask_client(**seat, checks);
    if (told) inside = std::move(*told);
    else not_asked = told.error();
  }
  std::vector<CheckResult> out;
  for (const Check& check : checks) {
    std::vector<HalfResult> halves;
    if (check.client != nullptr && here) halves.push_back(timed([&] { return check.client(client); }));
    else if (check.client != nullptr) halves.push_back(not_asked ? HalfResult{finding_of(unexpected(*not_asked))} : inside[std::string(check.id)]);
    if (check.beside != nullptr) halves.push_back(timed([&] { return check.beside(context); }));
    out.push_back(result_of(check, halves));
    if (done) done(out.back());
  }
  return out;
}

std::vector<CheckResult> verify(CheckContext& context, const std::vector<std::string>& only, const std::function<void(const CheckResult&)>& done) {
  const std::vector<Check> checks = chosen(only);
  const bool seated = context.runtime.clients_are_inside() && std::any_of(checks.begin(), checks.end(), [](const Check& check) { return check.client != nullptr; });
  if (!seated) return try_checks(context, nullptr, checks, done);
  const auto seat = context.runtime.take_seat({});
  return try_checks(context, seat.map([](const std::unique_ptr<ClientSeat>& taken) { return taken.get(); }), checks, done);
}

bool all_proved(const std::vector<CheckResult>& results) {
  return std::all_of(results.begin(), results.end(),
                     [](const CheckResult& result) { return result.state == CheckState::pass || result.state == CheckState::skip; });
}

}  // namespace keelson
