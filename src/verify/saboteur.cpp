#include "verify/saboteur.h"

namespace keelson {
namespace {

constexpr std::string_view kPrepare = "prepare", kDamage = "damage", kRepair = "repair";
constexpr const char* kNotHere = "not_here";  ///< why there is nothing to damage: an answer, no error

/// One part of a deed; its record.
template <typename Context>
Result<Json> act(const Deed<Context>& deed, Context& context, std::string_view part, const Json& record) {
  if (part == kPrepare) return deed.prepare(context);
  const auto done = part == kDamage ? deed.damage(context, record) : deed.repair(context, record);
  const bool gone = !done && part == kRepair && done.error().code == ErrorCode::not_supported;
  if (!done && !gone) return unexpected(done.error());
  return record;
}

}  // namespace

Result<ClientSeat*> Saboteur::seat() {
  if (!context_.runtime.clients_are_inside()) return nullptr;
  if (!seat_) {
    KEELSON_TRY(seat_, context_.runtime.take_seat({}));
  }
  return seat_.get();
}

Result<Json> Saboteur::ask_client(const Sabotage& sabotage, std::string_view part, const Json& record) {
  KEELSON_TRY(ClientSeat* const there, seat());
  if (there == nullptr) {
    ClientContext client{context_.foundation, context_.runtime.world()};
    return act(sabotage.client, client, part, record);
  }
  KEELSON_TRY(Json told, there->ask(Json::object().set("sabotage", sabotage.id).set("part", part).set("record", record)));
  if (told.has(kNotHere)) return fail_as(ErrorCode::not_supported, "nothing to damage", {}, told[kNotHere].as_string());
  return told["record"];
}

Result<Json> Saboteur::prepare(const Sabotage& sabotage) {
  return sabotage.client.prepare != nullptr ? ask_client(sabotage, kPrepare, Json::object()) : act(sabotage.beside, context_, kPrepare, Json::object());
}

Result<void> Saboteur::damage(const Sabotage& sabotage, const Json& record) {
  if (sabotage.beside.damage != nullptr) return sabotage.beside.damage(context_, record);
  KEELSON_CHECK(ask_client(sabotage, kDamage, record));
  return {};
}

Result<void> Saboteur::repair(const Sabotage& sabotage, const Json& record) {
  if (sabotage.beside.repair != nullptr) return sabotage.beside.repair(context_, record);
  if (ask_client(sabotage, kRepair, record)) return {};
  seat_.reset();  // it may be gone, or too old: a damage must not stay for that
  KEELSON_CHECK(ask_client(sabotage, kRepair, record));
  return {};
}

std::vector<CheckResult> Saboteur::try_checks(std::span<const Check> checks) { return keelson::try_checks(context_, seat(), checks, {}); }

Result<Json> answer_as_saboteur(ClientContext& context, const Json& asked) {
  const Sabotage* sabotage = find_sabotage(asked["sabotage"].as_string());
  const std::string& part = asked["part"].as_string();
  if (sabotage == nullptr || sabotage->client.prepare == nullptr || (part != kPrepare && part != kDamage && part != kRepair))
    return fail_as(ErrorCode::usage, "no client does this", asked["sabotage"].as_string(), {}, "the keelson inside is another one: keelson up");
  const auto done = act(sabotage->client, context, part, asked["record"]);
  if (!done && part == kPrepare && done.error().code == ErrorCode::not_supported) return Json::object().set(kNotHere, done.error().why);
  if (!done) return unexpected(done.error());
  return Json::object().set("record", *done);
}

}  // namespace keelson
