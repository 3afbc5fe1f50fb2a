#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "apply/apply.h"
#include "base/result.h"
#include "blueprint/blueprint.h"
#include "model/foundation.h"
#include "pipeline/access_sheet.h"
#include "plan/plan.h"
#include "runtime/runtime.h"

namespace keelson {

/// What the user asked for, flags and variables already merged by the CLI.
struct Request {
  std::vector<std::string> files = {};  ///< -f; "-" = standard input; empty = look for keelson.yaml upward from `directory`
  std::string directory = {};           ///< where the user stands
  std::string foundation = {};          ///< --foundation: a known foundation by name, without a file
  std::string profile = {};
  std::string runtime = {};             ///< --runtime: "native", "compose" …; empty = as it stands, else as the blueprint says
  std::string subnet = {};              ///< --subnet: the block of addresses that a Compose foundation begins with
  std::string context = {};             ///< --context: of the kubeconfig, for a foundation on Kubernetes; empty = the one it has chosen
  std::string namespace_prefix = {};    ///< --namespace-prefix: what the namespace's name begins with, before the foundation's
  std::string storage_class = {};       ///< --storage-class: of the volumes; empty = the cluster's default
  std::string state_dir = {};           ///< --state-dir; empty = the default of design section 5
  std::string command = {};             ///< as typed, for the journal and the lock; holds no secret
  std::string program = {};             ///< absolute path of this binary, which becomes the agent
};

/// A blueprint opened as a foundation: everything the verbs of the CLI work on. One per process.
class Pipeline {
 public:
  /// load + resolve of the blueprint the request names. For verbs that say what should be (up, plan, apply, render).
  static Checked<std::unique_ptr<Pipeline>> open(const Request& request);
  /// The foundation as it was last applied, from its state directory: for verbs about what is (status, down, logs, verify).
  /// Without a file, a name or a state directory: the only foundation of this user; several = an error that lists them.
  static Checked<std::unique_ptr<Pipeline>> open_applied(const Request& request);
  virtual ~Pipeline() = default;

  virtual const Blueprint& blueprint() const = 0;
  virtual const Foundation& foundation() const = 0;
  virtual Runtime& runtime() = 0;
  virtual const std::string& state_dir() const = 0;
  /// Which names of its endpoints clients on this machine can use.
  virtual Resolvable names() const = 0;

  /// preflight of the data -> observe -> plan. Changes nothing, creates nothing.
  virtual Checked<Plan> plan() = 0;
  /// lock -> preflight -> observe -> plan -> apply, journaled; writes access-info.txt. An empty plan is a success with done == 0.
  /// What stands in the way is told all at once, before anything is started.
  virtual Checked<ApplyReport> up(ApplyListener& listener) = 0;
  /// Undoes what a killed `verify --sabotage` or drill left; fails with ErrorCode::locked when another keelson works on the foundation.
  virtual Result<void> repair() = 0;
  /// Stops everything; data stays.
  virtual Result<void> down(const Progress& progress) = 0;
  /// down, then removes data, secrets and the registration. The caller has asked for the name.
  virtual Result<void> destroy(const Progress& progress) = 0;

  /// Path of an instance's log file (its rotated predecessor is "<path>.1"); "" = log_command prints logs here.
  virtual std::string log_file(const std::string& /*instance*/) const { return {}; }
  /// The words before a command that is to run inside an instance, for who becomes that process; none = it runs as the instance's user here.
  virtual Result<std::vector<std::string>> exec_command(const std::string& /*instance*/) { return std::vector<std::string>{}; }
  /// The program that prints the logs of instances, for who becomes that process.
  virtual Result<std::vector<std::string>> log_command(const std::vector<std::string>& /*instances*/, bool /*follow*/, int /*tail*/) {
    return fail_as(ErrorCode::not_supported, "logs are files here");
  }
  /// Names and purposes in the secret store (values through runtime().world().secret(name)).
  virtual Result<std::vector<std::pair<std::string, std::string>>> secret_names() = 0;
  /// Events with seq > `after`, at most `limit`, oldest first; JSON as design section 5 says.
  virtual Result<std::vector<Json>> events(std::int64_t after, int limit, int wait_ms) = 0;
};

/// The host's foundations as the registry knows them: name, state directory, block.
struct KnownFoundation {
  std::string name;
  std::string state_dir;
  std::string block;
};
Result<std::vector<KnownFoundation>> known_foundations();

}  // namespace keelson
