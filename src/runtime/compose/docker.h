#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "runtime/compose/engine.h"
#include "runtime/compose/taken.h"
#include "system/commands.h"
#include "system/files.h"

namespace keelson::compose {

/// A container of a project, as the engine tells of it (Docker Engine API 1.41, ContainerInspect).
struct Container {
  std::string id;
  std::string service;       ///< Compose's label
  std::string state;         ///< "created", "running", "restarting", "paused", "exited", "dead", "removing"
  std::string health = {};   ///< "healthy", "unhealthy", "starting"; "" = it has no health check
  std::string image_id = {};  ///< "sha256:…"
  std::string owner = {};     ///< kOwnerLabel
  std::string digest = {};    ///< kDigestLabel
  std::string name = {};      ///< "shop-redis-1-1"
  int number = 1;             ///< Compose's: above 1 it is one more of a scaled service
  bool one_off = false;       ///< of `docker compose run`
  int pid = 0;               ///< in the engine's PID namespace; 0 = none
  int exit_code = 0;
  int restarts = 0;          ///< by the engine, since it was created
  std::int64_t started_ms = 0;  ///< wall clock, milliseconds since 1970; 0 = never
};

/// What an engine has under a project's name. Volumes and networks: kOwnerLabel by name, "" where there is none.
struct Project {
  std::map<std::string, Container> containers = {};  ///< by service
  std::map<std::string, std::string> volumes = {};
  std::map<std::string, std::string> networks = {};
};

/// As Docker::containers says. Pure.
std::map<std::string, Container> by_service(std::vector<Container> containers);

/// The containers in the answer of `docker container inspect`. Pure.
Result<std::vector<Container>> parse_containers(const std::string& inspected);

/// A Docker engine, as its own client reaches it (DOCKER_HOST, its context). Every call is one or two processes and blocks.
/// Thread-safe. An engine that does not answer is ErrorCode::preflight_refused.
class Docker {
 public:
  /// Finds the client in the user's PATH; asks nothing of it yet.
  static Result<std::unique_ptr<Docker>> find(Files& files, Commands& commands);

  /// Which engine answers. With `place` known, too: one process more.
  Result<Engine> engine();
  Result<Engine> engine_and_place();
  /// Everything of a project, looked for in parallel.
  Result<Project> project(const std::string& name);
  /// All containers of a project, those that do not run too, by service. Of several of one service the others are told by their own names; those of
  /// `docker compose run` are left out: they are somebody's, for a moment.
  Result<std::map<std::string, Container>> containers(const std::string& project);
  /// Volumes or networks of a project: name -> kOwnerLabel, "" where there is none.
  enum class Kept { volume, network };
  Result<std::map<std::string, std::string>> kept(const std::string& project, Kept what);
  /// The addresses that the engine's networks have, whosesoever they are.
  Result<std::vector<Taken>> taken_addresses();
  Result<void> remove_kept(const std::vector<std::string>& names, Kept what);
  /// The same as the engine tells it to whoever may ask: JSON, with commands and environments.
  Result<std::string> inspected(const std::string& project);
  /// Ids of the images the engine has, by name; those it lacks are left out.
  Result<std::map<std::string, std::string>> image_ids(const std::vector<std::string>& names);
  /// The id of an image that may be named in any way, by digest or with a registry; "" when the engine does not have it.
  Result<std::string> image_id(const std::string& reference);
  Result<void> load_image(const std::string& archive, const std::string& name);
  Result<void> pause(const std::string& container);
  Result<void> unpause(const std::string& container);
  /// Leaving a network that it is not in is fine.
  Result<void> join(const std::string& container, const std::string& network);
  Result<void> leave(const std::string& container, const std::string& network);
  Result<void> signal(const std::string& container, int number);
  /// Stops it as it asks to be stopped (its signal, its time), then removes it; its volumes stay.
  Result<void> stop_and_remove(const std::string& container);
  /// What `words` print inside a running container, with `input` as their standard input.
  Result<std::string> run_inside(const std::string& container, const std::vector<std::string>& words, const std::string& input);
  /// Starts `words` inside a running container as its root, and leaves them to themselves.
  Result<void> leave_inside_as_root(const std::string& container, const std::vector<std::string>& words);
  /// The last lines a container wrote, newest last.
  Result<std::string> last_lines(const std::string& container, int count);

  /// `docker compose` in a rendered folder. Needs Compose v2.
  Result<void> compose(const std::string& directory, const std::string& project, const std::vector<std::string>& words, int timeout_ms);
  /// The words before those of `compose`, for who becomes that process.
  Result<std::vector<std::string>> compose_words(const std::string& directory, const std::string& project);
  const std::vector<std::pair<std::string, std::string>>& environment() const { return environment_; }

 private:
  Docker(Files& files, Commands& commands, std::string program);
  Result<CommandOutput> run(const std::vector<std::string>& words, const std::string& input, int timeout_ms);
  /// As `run`; what ends with another code than 0 is an error that says what it said.
  Result<std::string> must(std::vector<std::string> words, const std::string& what, const std::string& input = {}, int timeout_ms = 30'000);
  Result<std::vector<std::string>> compose_program();

  Files& files_;
  Commands& commands_;
  const std::string program_;
  const std::vector<std::pair<std::string, std::string>> environment_;
  std::mutex mutex_;
  std::vector<std::string> compose_;  ///< once looked for
};

}  // namespace keelson::compose
