#pragma once
#include <map>
#include <string>

#include "base/json.h"
#include "base/result.h"
#include "component/setting.h"

namespace keelson::postgresql {

/// PostgreSQL's parameters as the blueprint wants them, by where they must be written to count. Values as they would stand in
/// postgresql.conf.
struct Parameters {
  using Map = std::map<std::string, std::string>;
  Map cluster;  ///< the same on every member; Patroni takes them only from its dynamic configuration
  Map restart;  ///< a member's own; counted after a restart only
  Map reload;   ///< a member's own; counted after a reload
};

/// Memory settings computed from `memory`, write-ahead log settings from `storage`, then the blueprint's `parameters` over
/// them. Fails when the blueprint names a parameter that keelson owns (each has a reason) or that is not a parameter's name.
Result<Parameters> parameters_of(const Settings& settings);

/// Patroni's dynamic configuration (`GET /config`) as it should be, complete.
Result<Json> dynamic_configuration(const Settings& settings);

/// True when a commit must be on a second member before it is acknowledged.
bool synchronous(const Settings& settings);

}  // namespace keelson::postgresql
