#pragma once
#include <string>

#include "base/json.h"
#include "model/foundation.h"

namespace keelson {

/// By which names the endpoints can be reached on this machine. Certificates carry all of them, and the address, in any case.
enum class Resolvable {
  none,  ///< an ordinary user's foundation: nothing is in /etc/hosts; or another one of its domain stands there first
  full,  ///< "redis-master.<domain>": another foundation owns the short names
  all,   ///< "redis-master" too
};

/// The access sheet as people read it (access-info.txt, `keelson access`): every endpoint with its name, address, port,
/// database, users, and the name of the secret that lets each in; never a secret itself. Names that do not resolve are left out.
/// Pure and deterministic. `ca_path` is the file with the root that clients trust. Ends in a newline.
/// `passwords` says how to get at one.
std::string access_text(const Foundation& foundation, Resolvable names, const std::string& ca_path,
                        const std::string& passwords = "Passwords are in the secret store: keelson secret get NAME --reveal");

/// The endpoints of keelson.access/v1, without schema and observed_at: {foundation, endpoints:[{name, host, address, port,
/// protocol, database?, users:[{name, secret}], ca}]}. `host` is the shortest name that resolves, else the address.
Json access_json(const Foundation& foundation, Resolvable names, const std::string& ca_path);

}  // namespace keelson
