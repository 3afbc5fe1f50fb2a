#pragma once
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "component/artifact.h"
#include "component/endpoint.h"
#include "component/instance.h"
#include "component/leadership.h"
#include "component/setting.h"
#include "component/world.h"

namespace keelson {

class Files;
struct Foundation;
struct Component;
struct Member;
class Layout;

/// A listening port of a kind's members: the inventory that NE-2 and the network policy read.
struct Port {
  std::string_view name;  ///< "redis", "sentinel", "etcd-peer"
  int number;
  std::string_view purpose;
};

/// A secret a component needs. Generated once, never changed by itself.
struct SecretSpec {
  std::string name;         ///< "redis/app"
  std::string purpose;      ///< one phrase for `secret list`
  int length = 32;          ///< characters of [A-Za-z0-9]
  std::string pinned = {};  ///< a value the blueprint pins; empty = generated
};

/// Another component that this one needs beside it (its pooler, its consensus store, its endpoints).
struct Companion {
  std::string name;  ///< "postgresql-pooler"
  std::string kind;  ///< "pgbouncer"
  Settings settings = {};
};

/// What a component consists of, before addresses are known.
struct Shape {
  struct ShapedMember {
    std::string name;                    ///< "redis-1"
    std::vector<std::string> instances;  ///< usually just the member's own name
  };
  std::vector<ShapedMember> members = {};
  std::vector<Endpoint> endpoints = {};
  std::vector<Companion> companions = {};
  std::vector<SecretSpec> secrets = {};
  std::vector<Edge> edges = {};
  std::vector<int> ports = {};  ///< what each member listens on beside the ports in the kind's table (kind custom)
};

/// What `shape` may look at.
struct ShapeInput {
  std::string_view foundation;
  std::string_view component;
  const Settings& settings;
  bool leases = false;  ///< the runtime has a Layout::lease_store: no companion is needed for it
};

/// Everything `render` may look at. The foundation has all shapes and addresses; nothing runs yet.
struct RenderInput {
  const Foundation& foundation;
  const Component& component;
  const Layout& layout;
};

/// A difference between what a running engine says of itself and what the blueprint says.
struct LiveSetting {
  std::string name;
  std::string wanted;
  std::string actual;
  bool settable = true;  ///< false: only a restart makes it so
};

/// Something a started component still needs inside the engine (a database, a role, a grant).
struct Provision {
  std::string what;    ///< "database nexus_architect"
  std::string reason;  ///< "does not exist"
};

struct Development;
struct DevelopmentInput;

/// The verbs of a kind: what can be done with it. A null pointer means "not supported", and the CLI, the docs and the
/// console show it as such. All block; callers run them on worker threads with the given deadline.
struct Verbs {
  /// Pure. Problems of the settings that a table cannot say (an impossible quorum) are returned as one Error.
  Result<Shape> (*shape)(const ShapeInput&) = nullptr;
  /// Pure. Fills `member.instances` completely.
  Result<void> (*render)(const RenderInput&, Member& member) = nullptr;
  /// Pure. The component as a handbook has it on a developer's machine (component/development.h); how many members the settings ask for says nothing here.
  Result<Development> (*develop)(const DevelopmentInput&) = nullptr;
  /// Looks at the data that a member's engine would be started on, before anything starts, and says what makes it unfit for
  /// this engine (another major version, a newer format), each with ErrorCode::preflight_refused. Changes nothing, follows no
  /// link. Owners and links of the directories themselves were looked at before. Null: there is nothing to look at.
  Errors (*preflight)(Files&, const Component&, const Member&) = nullptr;
  /// Asks a running member for its engine's own settings; returns those that differ from `live_settings`.
  Result<std::vector<LiveSetting>> (*observe_live)(World&, const Foundation&, const Component&, const Member&) = nullptr;
  /// Sets one of them to what the blueprint says.
  Result<void> (*set_live)(World&, const Foundation&, const Component&, const Member&, const LiveSetting&) = nullptr;
  /// What is missing inside the engine (asked once per component, of its leader), and making it so. Idempotent.
  Result<std::vector<Provision>> (*observe_provision)(World&, const Foundation&, const Component&) = nullptr;
  Result<void> (*provision)(World&, const Foundation&, const Component&) = nullptr;
  /// Runs in the instance's own process, as its user, before its command; may rewrite files under `place` and add
  /// arguments to `command`. An error ends the process; the supervisor tries again with backoff.
  Result<void> (*launch)(const Place& place, std::vector<std::string>& command) = nullptr;
  /// The members' roles as the engine's majority sees them now: member name -> "primary" | "replica". Members that do
  /// not answer are absent.
  Result<std::map<std::string, std::string>> (*roles)(World&, const Foundation&, const Component&) = nullptr;
  /// Makes a running instance read its files again (Applies::reload).
  Result<void> (*reload)(World&, const Foundation&, const Component&, const Member&, const std::string& instance) = nullptr;
};

/// What keelson knows about an engine: facts as data, verbs as functions. A room under src/components/ holds one.
struct Kind {
  std::string_view name;
  std::string_view summary;
  bool in_blueprint = true;  ///< false: only ever a companion of another component
  std::span<const Setting> settings = {};
  std::span<const Port> ports = {};
  std::span<const Artifact> artifacts = {};
  Verbs verbs = {};
  LeaderVerbs leader = {};
};

/// Every kind, in the order docs list them. The one explicit list is src/components/catalog.cpp.
using Catalog = std::span<const Kind* const>;

inline const Kind* find_kind(Catalog catalog, std::string_view name) {
  for (const Kind* kind : catalog)
    if (kind->name == name) return kind;
  return nullptr;
}

}  // namespace keelson
