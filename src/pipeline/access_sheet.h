#pragma once
#include <string>

#include "base/json.h"
#include "model/foundation.h"

namespace keelson {

/// The access sheet as people read it (access-info.txt, `keelson access`): every endpoint with its name, address, port,
/// database, users, and the name of the secret that lets each in; never a secret itself. Pure and deterministic. `ca_path`
/// is the file with the root that clients trust. Ends in a newline.
std::string access_text(const Foundation& foundation, const std::string& ca_path);

/// The endpoints of keelson.access/v1, without schema and observed_at: {foundation, endpoints:[{name, host, address, port,
/// protocol, database?, users:[{name, secret}], ca}]}.
Json access_json(const Foundation& foundation, const std::string& ca_path);

}  // namespace keelson
