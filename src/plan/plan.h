#pragma once
#include <string>
#include <vector>

#include "base/json.h"
#include "model/foundation.h"
#include "plan/observed.h"

namespace keelson {

enum class Action {
  fetch,       ///< get an artifact
  secret,      ///< generate a secret
  supervise,   ///< start the supervisor
  names,       ///< publish names
  network,     ///< put the network policy in force
  render,      ///< write the files that are about the whole
  configure,   ///< user, directories, certificates, files of an instance
  start,       ///< start an instance and wait until it is ready
  reload,      ///< make a running instance read its files again
  restart,     ///< stop, start, wait until ready
  set,         ///< set one engine setting live
  provision,   ///< make what is missing inside an engine
  remove,      ///< stop an instance the blueprint no longer names; its data stays
};
std::string_view name(Action action);

/// One action with its reason. `after` names steps that must have succeeded before.
struct Step {
  std::string id = {};         ///< "start redis-1": unique in the plan
  Action action = Action::start;
  std::string component = {};  ///< "" for foundation-wide steps
  std::string subject = {};    ///< instance, artifact, secret or setting
  std::string reason = {};     ///< "redis-2: not running"
  std::vector<std::string> after = {};
  LiveSetting live = {};       ///< of Action::set
};

/// Steps in an order that respects `after`.
struct Plan {
  std::vector<Step> steps = {};
  std::vector<std::string> warnings = {};  ///< what the machine does not allow, so that no step can do it
  bool empty() const { return steps.empty(); }
};

/// Pure: no I/O, no clock. The same input gives the same plan, byte for byte.
Plan make_plan(const Foundation& foundation, const Observed& observed);

/// `keelson.plan/v1` without `observed_at`.
Json plan_json(const Foundation& foundation, const Plan& plan);

}  // namespace keelson
