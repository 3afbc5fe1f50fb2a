#include "protocol/etcd.h"

#include <charconv>

#include "system/digest.h"

namespace keelson {
namespace {

constexpr int kAnswerMs = 1'000;

/// The gateway writes 64-bit numbers as strings (proto3 JSON mapping) and leaves zeros out.
std::int64_t number(const Json& json) {
  if (json.is_int()) return json.as_int();
  std::int64_t out = 0;
  const std::string& text = json.as_string();
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

Json compare_json(const EtcdCompare& compare) {
  Json out = Json::object().set("key", base64(compare.key)).set("result", "EQUAL");
  switch (compare.target) {
    case EtcdCompare::Target::value: return out.set("target", "VALUE").set("value", base64(compare.text));
    case EtcdCompare::Target::create_revision: return out.set("target", "CREATE").set("create_revision", std::to_string(compare.number));
    case EtcdCompare::Target::mod_revision: return out.set("target", "MOD").set("mod_revision", std::to_string(compare.number));
    case EtcdCompare::Target::lease: return out.set("target", "LEASE").set("lease", std::to_string(compare.number));
  }
  return out;
}

}  // namespace

std::string range_end(std::string prefix) {
  while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xff) prefix.pop_back();
  if (prefix.empty()) return std::string(1, '\0');  // all keys from the first on
  prefix.back() = static_cast<char>(prefix.back() + 1);
  return prefix;
}

Json put_transaction(const std::vector<EtcdCompare>& conditions, const std::vector<EtcdKey>& keys) {
  Json compare = Json::array(), success = Json::array();
  for (const EtcdCompare& condition : conditions) compare.push(compare_json(condition));
  for (const EtcdKey& key : keys) {
    Json put = Json::object().set("key", base64(key.key)).set("value", base64(key.value));
    if (key.lease != 0) put.set("lease", std::to_string(key.lease));
    success.push(Json::object().set("request_put", std::move(put)));
  }
  return Json::object().set("compare", std::move(compare)).set("success", std::move(success));
}

Result<std::vector<EtcdKey>> Etcd::read(const std::string& prefix, bool any_age) {
  Json range = Json::object().set("key", base64(prefix)).set("range_end", base64(range_end(prefix)));
  if (any_age) range.set("serializable", true);
  KEELSON_TRY(const Json answer, post("/v3/kv/range", range));
  std::vector<EtcdKey> out;
  for (const Json& pair : answer["kvs"].items())
    out.push_back({base64_decode(pair["key"].as_string()), base64_decode(pair["value"].as_string()), number(pair["create_revision"]),
                   number(pair["mod_revision"]), number(pair["lease"])});
  return out;
}

Result<std::int64_t> Etcd::put(const std::string& key, const std::string& value) {
  KEELSON_TRY(const Json answer, post("/v3/kv/put", Json::object().set("key", base64(key)).set("value", base64(value))));
  return number(answer["header"]["revision"]);
}

Result<bool> Etcd::put_if(const std::vector<EtcdCompare>& conditions, const std::vector<EtcdKey>& keys) {
  KEELSON_TRY(const Json answer, post_to(answered_, "/v3/kv/txn", put_transaction(conditions, keys).dump()));
  return answer["succeeded"].as_bool();
}

Result<std::optional<int>> Etcd::lease_seconds(std::int64_t lease) {
  KEELSON_TRY(const Json answer, post("/v3/lease/timetolive", Json::object().set("ID", std::to_string(lease))));
  const std::int64_t left = number(answer["TTL"]);
  if (left < 0) return std::optional<int>();  // TTL is -1: expired or revoked (etcd docs, LeaseTimeToLiveResponse)
  return std::optional<int>(static_cast<int>(left));
}

Result<std::vector<std::int64_t>> Etcd::leases() {
  KEELSON_TRY(const Json answer, post("/v3/lease/leases", Json::object()));
  std::vector<std::int64_t> out;
  for (const Json& lease : answer["leases"].items()) out.push_back(number(lease["ID"]));
  return out;
}

Result<std::vector<std::string>> Etcd::keys_of_lease(std::int64_t lease) {
  KEELSON_TRY(const Json answer, post("/v3/lease/timetolive", Json::object().set("ID", std::to_string(lease)).set("keys", true)));
  std::vector<std::string> out;
  for (const Json& key : answer["keys"].items()) out.push_back(base64_decode(key.as_string()));
  return out;
}

Result<void> Etcd::revoke(std::int64_t lease) {
  auto answer = post("/v3/lease/revoke", Json::object().set("ID", std::to_string(lease)));
  if (answer) return {};
  // Sent twice, or ended by itself: gone all the same (the gateway answers 404 then, "requested lease not found").
  if (const auto left = lease_seconds(lease); left && !*left) return {};
  return unexpected(std::move(answer).error());
}

/// Only for requests that may be sent twice.
Result<Json> Etcd::post(const std::string& path, const Json& body) {
  const std::string text = body.dump();
  Error last{.what = "etcd has no members"};
  for (std::size_t tried = 0; tried < place_.voters.size(); ++tried) {
    const std::size_t voter = (answered_ + tried) % place_.voters.size();
    auto answer = post_to(voter, path, text);
    if (answer) {
      answered_ = voter;
      return answer;
    }
    last = std::move(answer).error();
  }
  return unexpected(std::move(last));
}

Result<Json> Etcd::post_to(std::size_t voter, const std::string& path, const std::string& body) {
  HttpRequest request;
  request.method = "POST";
  request.host = place_.voters.at(voter).name;
  request.address = place_.voters.at(voter).address;
  request.port = place_.port;
  request.path = path;
  request.body = body;
  request.trust_file = place_.trust_file;
  request.certificate_file = place_.certificate_file;
  request.key_file = place_.key_file;
  request.timeout_ms = kAnswerMs;
  KEELSON_TRY(const HttpResponse response, session_.request(request));
  if (response.status != 200)
    return fail("etcd answers " + std::to_string(response.status), request.address + path, response.body.substr(0, 200));
  return parse_json(response.body);
}

}  // namespace keelson
