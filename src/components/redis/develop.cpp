#include "component/development.h"
#include "component/template.h"
#include "components/redis/room.h"
#include "redis_conf.h"

/// A master and a replica that stay what they are, as handbooks have them for development: without Sentinels, accounts and TLS.
namespace keelson::redis {
namespace {

constexpr const char* kFile = "redis.conf";

DevelopmentService service(const DevelopmentInput& input, const std::string& role, int published) {
  const Place place = input.layout.place(std::string(input.component), role);
  const auto program = [&](std::string_view name) { return input.layout.program(std::string(kArtifact), std::string(name)); };
  return {.name = std::string(input.component) + "-" + role,
          .artifact = std::string(kArtifact),
          .command = {program(kProgram), place.config + "/" + kFile},
          .environment = environment_at(input.layout, std::string(kArtifact), place),
          .healthy = {program("usr/bin/redis-cli"), "ping"},
          .port = kPort,
          .published = published,
          .memory_limit = memory_limit(input.settings)};
}

}  // namespace

Result<Development> develop(const DevelopmentInput& input) {
  DevelopmentService master = service(input, "master", kPort), replica = service(input, "replica", kPort + 1);
  replica.command.insert(replica.command.end(), {"--replicaof", master.name, std::to_string(kPort)});
  replica.after = {master.name};
  KEELSON_TRY(Text settings, fill("development.conf", conf::redis::development_conf,
                              {{"component", std::string(input.component)}, {"port", std::to_string(kPort)}, {"data", input.layout.place(std::string(input.component), master.name).data},
                               {"maxmemory", std::to_string(number(input.settings, "memory"))}, {"eviction", text(input.settings, "eviction")}}));
  return Development{{std::move(master), std::move(replica)}, {{kFile, std::move(settings)}}, {}};
}

}  // namespace keelson::redis
