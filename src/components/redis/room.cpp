#include "components/redis/room.h"

namespace keelson::redis {

std::string secret_of(const std::string& owner, std::string_view user) { return owner + "/" + std::string(user); }

Text acl_user(const std::string& owner, std::string_view user, std::string_view rights) {
  return Text("user " + std::string(user) + " on #")
      .add(SecretRef{secret_of(owner, user), SecretForm::sha256_hex})
      .add(" " + std::string(rights) + "\n");
}

std::string verified_name(const Foundation& foundation, const std::string& member) { return names_of(foundation, member).back(); }

Certificate client_certificate(const std::string& member, Applies on_renew) {
  return {.name = "client", .domain = TrustDomain::members, .common_name = member, .client = true, .on_renew = on_renew};
}

TrustFile trust_both() { return {"trust", {TrustDomain::services, TrustDomain::members}}; }

std::int64_t memory_limit(const Settings& settings) { return 2 * number(settings, "memory") + (128 << 20); }

std::vector<std::string> cli_words(const Layout& layout, const Member& member, int port, const Place& place) {
  const std::string& listens = listen_address(member);
  return {layout.program(std::string(kArtifact), "usr/bin/" + std::string(kCli)), "-h", listens == kEveryAddress ? "127.0.0.1" : listens,
          "-p", std::to_string(port), "--tls", "--cacert", place.tls + "/trust.crt"};
}

const Component* sentinels_of(const Foundation& foundation, const Component& component) {
  return find_companion(foundation, component.name, "redis-sentinel");
}

Result<RespClient> call(World& world, const Foundation& foundation, const std::string& owner, const Member& member, int port, Deadline deadline) {
  KEELSON_TRY(const Secret password, world.secret(secret_of(owner, "agent")));
  const Dial dial{.address = member.address, .port = port, .trust_file = world.trust_file(TrustDomain::services),
                  .server_name = verified_name(foundation, member.name)};
  KEELSON_TRY(RespClient client, RespClient::connect(dial, deadline));
  KEELSON_CHECK(client.authenticate("agent", password, deadline));
  return client;
}

}  // namespace keelson::redis
