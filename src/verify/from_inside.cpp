#include "verify/from_inside.h"

#include "system/monotonic.h"

namespace keelson {
namespace {

constexpr CheckState kStates[] = {CheckState::pass, CheckState::fail, CheckState::skip, CheckState::unproven};

CheckState state_from(const std::string& word) {
  for (const CheckState state : kStates)
    if (name(state) == word) return state;
  return CheckState::fail;
}

}  // namespace

Result<std::map<std::string, HalfResult>> ask_client(ClientSeat& seat, std::span<const Check> checks) {
  Json ids = Json::array();
  for (const Check& check : checks)
    if (check.client != nullptr) ids.push(check.id);
  std::map<std::string, HalfResult> out;
  if (ids.items().empty()) return out;
  KEELSON_TRY(const Json told, seat.ask(Json::object().set("checks", ids)));
  for (const Json& one : told["findings"].items())
    out[one["id"].as_string()] = {{state_from(one["state"].as_string()), one["evidence"].as_string(), one["next"].as_string()}, one["took_ms"].as_int()};
  return out;
}

Result<Json> answer_as_client(ClientContext& context, const Json& asked) {
  Json findings = Json::array();
  for (const Json& id : asked["checks"].items()) {
    const Check* check = find_check(id.as_string());
    if (check == nullptr || check->client == nullptr) return fail_as(ErrorCode::usage, "no client tries this check", id.as_string(), {}, "the keelson inside is another one: keelson up");
    const std::int64_t began = monotonic_ms();
    const Finding found = finding_of(check->client(context));
    findings.push(Json::object().set("id", check->id).set("state", name(found.state)).set("evidence", found.evidence).set("next", found.next).set("took_ms", monotonic_ms() - began));
  }
  return Json::object().set("findings", std::move(findings));
}

}  // namespace keelson
