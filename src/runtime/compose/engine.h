#pragma once
#include <string>

#include "base/result.h"

namespace keelson::compose {

/// A Docker engine, as it tells of itself (Docker Engine API 1.41, SystemInfo), and where its client finds it.
struct Engine {
  std::string id;            ///< made once, and kept with the engine: the same after a restart
  std::string machine = {};  ///< its machine's host name
  std::string kernel = {};   ///< "6.1.0-37-amd64"
  std::string system = {};   ///< "Debian GNU/Linux 12 (bookworm)", "Docker Desktop"
  std::string place = {};    ///< "unix:///var/run/docker.sock", "ssh://…"; "" = not asked
};

/// The engine in the answer of `docker info`. Pure. An engine that does not answer is ErrorCode::preflight_refused.
Result<Engine> parse_engine(const std::string& info);

/// A machine, as its kernel names it.
struct ThisMachine {
  std::string name;
  std::string kernel;
};
ThisMachine this_machine();

/// Refuses an engine on another machine, or in a virtual one of this: its containers would find no files of this machine, and keelson would not
/// find them at their addresses. Pure.
Result<void> must_be_here(const Engine& engine, const ThisMachine& here);

/// Refuses another engine than the one that a foundation stands on: there it would be brought up a second time, or be said to be gone while
/// its data stays. One that stands on none yet takes any. Pure.
Result<void> must_be_the_same(const Engine& standing, const Engine& answering, const std::string& state_dir);

}  // namespace keelson::compose
