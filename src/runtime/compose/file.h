#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace keelson::compose {

/// The labels of a container that carry Service::digest and Service::files.
inline constexpr const char* kDigestLabel = "keelson.digest";
inline constexpr const char* kFilesLabel = "keelson.files";
/// The label of containers, volumes and networks that carries File::owner.
inline constexpr const char* kOwnerLabel = "keelson.owner";

/// The nodes of a Compose file (github.com/compose-spec/compose-spec, as docker compose v2 reads it), only what keelson writes. Plain
/// data; `text_of` is the one place that knows how they are spelt.

struct Healthcheck {
  std::vector<std::string> test;  ///< program and arguments; never a shell
  int interval_ms = 2'000;
  int timeout_ms = 1'000;
  int retries = 3;
  int start_period_ms = 0;  ///< failures in it do not count
};

/// A service's place in a network.
struct Attachment {
  std::string network;
  std::string address = {};  ///< IPv4; "" = the engine gives one
  std::vector<std::string> aliases = {};
};

/// A named volume, or a top-level config or secret, at an absolute path inside the container.
struct Mount {
  std::string source;
  std::string target;
  bool operator==(const Mount&) const = default;
};

enum class Pull { never, missing };

/// A service that another starts after, and what of it is waited for: "service_healthy", "service_started".
struct Dependency {
  std::string service;
  std::string condition;
};

/// A place of the machine from which connections are led to a port of a service.
struct PublishedPort {
  std::string address;  ///< IPv4
  int port = 0;
  int target = 0;
  bool operator==(const PublishedPort&) const = default;
};

struct Service {
  std::string name = {};   ///< also the host name
  std::string image = {};
  Pull pull = Pull::never;
  std::string user = {};   ///< "52001:52001"
  std::vector<std::string> command = {};  ///< program and arguments, instead of whatever the image starts
  std::vector<std::pair<std::string, std::string>> environment = {};
  std::vector<Dependency> after = {};
  Healthcheck healthcheck = {};  ///< without `test`: what the image says, if anything
  std::vector<Attachment> networks = {};  ///< none = the project's default one
  std::vector<PublishedPort> ports = {};
  std::vector<Mount> configs = {};
  std::vector<Mount> secrets = {};
  std::vector<Mount> volumes = {};
  std::vector<std::string> tmpfs = {};  ///< "/keelson/run:uid=…,mode=0700"
  std::int64_t memory_limit = 0;        ///< bytes, 0 = none
  int stop_signal = 15;
  int stop_timeout_ms = 30'000;
  bool init = true;                     ///< Docker's own first process; false: the command is the first process
  std::string files = {};   ///< digest of all files it reads: another one makes `docker compose up` start it anew
  std::string digest = {};  ///< of all of the above, "<settings>.<those files that apply at a start>": what `keelson up` goes by
};

/// Whether a network leads anywhere: `in` lets published ports in; nothing that begins inside finds its way back from elsewhere.
enum class Way { none, in };

struct Network {
  std::string name;
  std::string subnet;   ///< "10.77.0.64/26"
  std::string gateway;  ///< "10.77.0.65"
  std::string dynamic;  ///< the part from which the engine gives addresses: "10.77.0.96/27"
  Way way = Way::none;
};

/// A config or secret: the file beside the Compose file that it is read from.
struct FileSource {
  std::string name;
  std::string path;  ///< relative, "./secrets/redis-1/launch.secret"
};

struct File {
  std::string project;
  std::string owner = {};  ///< which of all foundations of that name; "" = the folder is not run by keelson, and carries no such label
  std::vector<Service> services = {};
  std::vector<Network> networks = {};
  std::vector<std::string> volumes = {};
  std::vector<FileSource> configs = {};
  std::vector<FileSource> secrets = {};
};

/// The Compose file, byte for byte the same for the same nodes. `$` in values is doubled, so that Compose never interpolates.
/// Ends in a newline.
std::string text_of(const File& file);

/// The same of one service, without its digests.
std::string text_of(const Service& service);

}  // namespace keelson::compose
