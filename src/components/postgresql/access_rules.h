#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "component/world.h"
#include "components/postgresql/sql.h"

namespace keelson::postgresql {

/// Name of the map in pg_ident by which the component's user and root are `postgres` on the local socket.
inline constexpr std::string_view kIdentMap = "keelson";
/// Name of the map by which the certificate of keelson itself is `postgres` where the socket is out of reach. A map of its own: no system user's
/// name in a certificate shall open anything.
inline constexpr std::string_view kAgentMap = "keelson-agent";

/// The lines of pg_hba.conf: who may log in and how. The first that fits decides; the last refuse what is left, plaintext above
/// all (PostgreSQL 15 docs, 21.1). Pure.
std::vector<std::string> access_rules(const Wish& wish, Reach reach);

/// How a pg_hba.conf differs from the rules wanted: "+ host all all all trust; - local all all reject", "the same lines in another
/// order", or "" when it does not. Comments and blank lines do not count. Pure.
std::string rule_differences(const std::vector<std::string>& wanted, std::string_view file);

}  // namespace keelson::postgresql
