#pragma once
#include <string>
#include <vector>

#include "base/json.h"
#include "verify/verify.h"

namespace keelson {

/// keelson.verify/v1: {schema, observed_at, foundation, runtime, checks:[{id, title, state, took_ms, evidence, next}]}. `observed_at` is
/// RFC 3339. Pure.
Json verify_json(const std::string& foundation, std::string_view runtime, const std::string& observed_at, const std::vector<CheckResult>& results);

/// JUnit XML: a testsuite named after the foundation, a testcase for each check. `fail` is a failure, `unproven` a failure of
/// type "unproven" (only a pass counts), `skip` is skipped. Characters that XML 1.0 cannot hold become U+FFFD. Pure.
std::string verify_junit(const std::string& foundation, const std::string& observed_at, const std::vector<CheckResult>& results);

/// Where a state directory keeps what the last `verify` of everything said.
inline std::string report_file(const std::string& state_dir) { return state_dir + "/verify.json"; }

}  // namespace keelson
