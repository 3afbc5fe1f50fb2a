#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "component/world.h"
#include "model/foundation.h"
#include "model/layout.h"
#include "plan/observed.h"
#include "plan/plan.h"
#include "runtime/harm.h"

namespace keelson {

/// What an instance is doing, for `status` and `ps`.
struct InstanceStatus {
  std::string name;
  Life life = Life::absent;
  std::vector<int> pids = {};    ///< every process of it, where the runtime can see them
  std::string role = {};         ///< "primary", "replica" or ""
  std::int64_t started_ms = 0;   ///< wall clock, milliseconds since 1970; 0 = not running
  int restarts = 0;
  std::string detail = {};       ///< last exit or what the probe says
};

/// Says what a step is doing right now, for the live list ("waiting for redis-1: connection refused").
using Progress = std::function<void(const std::string& waiting_for)>;

/// What a place was asked before anything is to stand there, and whether it will do.
struct Fitness {
  enum class Verdict { ok, warn, fail };
  std::string name;      ///< "storage class"
  Verdict verdict = Verdict::ok;
  std::string evidence;
  std::string next = {};
};

/// How components are kept apart.
enum class Isolation {
  users,     ///< by this machine's kernel: each its own user
  networks,  ///< each its own user, in networks that neighbours share whole
  pods,      ///< each pod by itself, under whatever user; port by port
};

/// What a seat is wished for.
struct SeatWish {
  std::string endpoint = {};  ///< it is an application that may use this one and nothing else; "" = keelson, whom every member lets in
  std::string artifact = {};  ///< in whose image; "" = any
};

/// A client inside a foundation's network, where this machine is not in it. Its destructor takes away what was made for it.
class ClientSeat {
 public:
  virtual ~ClientSeat() = default;
  /// What `words` print there.
  virtual Result<std::string> run(const std::vector<std::string>& words) = 0;
  /// Has the keelson there answer, with all that keelson itself may show: secrets, certificates. `on_line` is told what it says before that, line by line.
  virtual Result<Json> ask(const Json& question, const std::function<void(const std::string& line)>& on_line = {}) = 0;
  /// Its directory in memory, where the keelson there works.
  virtual std::string memory() const = 0;
  /// Puts a file there, for its owner only; its path.
  virtual Result<std::string> keep(const std::string& name, const Secret& content) = 0;
  /// The words of a program of this machine that is `words` there, on this terminal.
  virtual std::vector<std::string> command(const std::vector<std::string>& words) const = 0;
};

/// A place where foundations run: native, Compose, Kubernetes. Steps are blocking; apply calls them from several threads.
class Runtime {
 public:
  virtual ~Runtime() = default;
  virtual std::string_view name() const = 0;  ///< "native", "compose"
  virtual const Layout& layout() const = 0;
  /// Where the engines' client programs are on this machine.
  virtual const Layout& programs() const { return layout(); }
  virtual World& world() = 0;
  /// Looks, changes nothing.
  virtual Result<Observed> observe(const Foundation& foundation) = 0;
  /// What on the machine stands where the foundation's data belongs and must not be started on or written to: every problem,
  /// each with ErrorCode::preflight_refused; none = go on. Looks, changes nothing.
  virtual Errors preflight(const Foundation& foundation) = 0;
  /// The network policy alone, as `observe` sees it: a few milliseconds.
  virtual Result<ObservedNetwork> network(const Foundation& foundation) = 0;
  /// Does one step of a plan, to its end. Idempotent: a step that was cut half way may be run again.
  virtual Result<void> execute(const Foundation& foundation, const Step& step, const Progress& progress) = 0;
  /// Every instance the runtime knows; fails with ErrorCode::not_running when there is no supervisor.
  virtual Result<std::vector<InstanceStatus>> status() = 0;
  /// What `words` print inside an instance, as its user; for runtimes whose instances have a machine of their own.
  virtual Result<std::string> run_inside(const std::string& instance, const std::vector<std::string>& /*words*/) {
    return fail_as(ErrorCode::not_supported, "cannot run anything inside " + instance, {}, "its processes are this machine's own");
  }
  /// What is to be known of a place that is not this machine; nothing = it is. May make something for a moment.
  virtual std::vector<Fitness> fitness(const Foundation& /*foundation*/) { return {}; }
  virtual Isolation isolation() const { return Isolation::users; }
  /// Whether only those inside its network reach a foundation: then clients of it take seats.
  virtual bool clients_are_inside() const { return false; }
  virtual Result<std::unique_ptr<ClientSeat>> take_seat(const SeatWish& /*wish*/) {
    return fail_as(ErrorCode::not_supported, "there are no seats", {}, "this machine reaches every member");
  }
  /// What instances may do beyond what they were given, by the runtime's own control of access: "redis: clusterrolebinding/x gives cluster-admin".
  virtual Result<std::vector<std::string>> excess_rights() { return std::vector<std::string>{}; }
  /// What the runtime tells whoever may ask it about the instances (commands, environments, logs), where that is not the process table and files: no secret may be in it.
  virtual Result<std::string> told() { return std::string(); }
  /// Whether a harm can be done to an instance here and now; not_supported says why not. Changes nothing.
  virtual Result<void> may_harm(const Foundation& /*foundation*/, Harm /*harm*/, const PlacedInstance& /*placed*/) { return fail_as(ErrorCode::not_supported, "nothing can be harmed", {}, "this runtime does no harm"); }
  virtual Result<void> harm(const Foundation& foundation, Harm harm, const PlacedInstance& placed) { return may_harm(foundation, harm, placed); }
  /// Undoes it. Idempotent, and right where it was never done.
  virtual Result<void> heal(const Foundation& /*foundation*/, Harm /*harm*/, const PlacedInstance& /*placed*/) { return {}; }
  /// Stops everything and removes what `execute` made, except data, secrets and artifacts.
  virtual Result<void> down(const Foundation* foundation, const Progress& progress) = 0;
};

}  // namespace keelson
