#include "runtime/kubernetes/inside.h"

namespace keelson::kubernetes {
namespace {

constexpr const char* kSchema = "keelson.inside/v1";
constexpr std::pair<Question::What, const char*> kWhat[] = {{Question::What::look, "look"}, {Question::What::roles, "roles"}, {Question::What::provision, "provision"}, {Question::What::set, "set"}, {Question::What::client, "client"}};

Json json(const std::map<std::string, Secret>& secrets) {
  Json out = Json::object();
  for (const auto& [name, secret] : secrets) out.set(name, std::string(secret.reveal()));
  return out;
}

std::map<std::string, Secret> secrets_from(const Json& json) {
  std::map<std::string, Secret> out;
  for (const auto& [name, value] : json.members()) out[name] = Secret(value.as_string());
  return out;
}

Json json(const LiveSetting& setting) {
  return Json::object().set("name", setting.name).set("wanted", setting.wanted).set("actual", setting.actual).set("settable", setting.settable);
}

LiveSetting setting_from(const Json& json) { return {json["name"].as_string(), json["wanted"].as_string(), json["actual"].as_string(), json["settable"].as_bool(true)}; }

std::string_view word_for(Question::What what) {
  for (const auto& [known, word] : kWhat)
    if (known == what) return word;
  return {};
}

}  // namespace

std::string leaf_name(const std::string& instance, const std::string& certificate, const std::string& suffix) { return "leaves/" + instance + "." + certificate + suffix; }

Secret text_of(const Question& question) {
  return Secret(Json::object()
                    .set("schema", kSchema)
                    .set("what", word_for(question.what))
                    .set("applied", question.applied)
                    .set("space", question.space)
                    .set("domain", question.domain)
                    .set("component", question.component)
                    .set("member", question.member)
                    .set("setting", json(question.setting))
                    .set("asked", question.asked)
                    .set("secrets", json(question.secrets))
                    .set("files", json(question.files))
                    .dump());
}

Result<Question> question_from(const std::string& text) {
  KEELSON_TRY(const Json json, parse_json(text));
  if (json["schema"].as_string() != kSchema) return fail_as(ErrorCode::usage, "not a question that this keelson understands", {}, "schema is '" + json["schema"].as_string() + "'");
  Question out{.applied = json["applied"].as_string(), .space = json["space"].as_string(), .domain = json["domain"].as_string(), .component = json["component"].as_string()};
  for (const auto& [what, word] : kWhat)
    if (json["what"].as_string() == word) out.what = what;
  out.member = json["member"].as_string();
  out.setting = setting_from(json["setting"]);
  out.asked = json["asked"];
  out.secrets = secrets_from(json["secrets"]);
  out.files = secrets_from(json["files"]);
  return out;
}

Json json(const Answer& answer) {
  Json live = Json::object(), provisions = Json::array(), roles = Json::object();
  for (const auto& [instance, settings] : answer.live) {
    Json list = Json::array();
    for (const LiveSetting& setting : settings) list.push(json(setting));
    live.set(instance, std::move(list));
  }
  for (const Provision& provision : answer.provisions) provisions.push(Json::object().set("what", provision.what).set("reason", provision.reason));
  for (const auto& [member, role] : answer.roles) roles.set(member, role);
  return Json::object().set("live", std::move(live)).set("provisions", std::move(provisions)).set("roles", std::move(roles)).set("told", answer.told);
}

Answer answer_from(const Json& json) {
  Answer out;
  for (const auto& [instance, settings] : json["live"].members()) {
    std::vector<LiveSetting>& list = out.live[instance];
    for (const Json& setting : settings.items()) list.push_back(setting_from(setting));
  }
  for (const Json& provision : json["provisions"].items()) out.provisions.push_back({provision["what"].as_string(), provision["reason"].as_string()});
  for (const auto& [member, role] : json["roles"].members()) out.roles[member] = role.as_string();
  out.told = json["told"];
  return out;
}

}  // namespace keelson::kubernetes
