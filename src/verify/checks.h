#pragma once
#include "verify/verify.h"

/// One function for each promise, or two where more than clients see it, in a file for each group; verify.cpp lists them. Promises: docs/reference/checks.md.
namespace keelson::checks {

using namespace clients;  // what every check begins with

// postgresql_checks.cpp
Result<Finding> reads_and_writes(ClientContext&);            ///< PG-1
Result<Finding> synchronous_commit(ClientContext&);          ///< PG-2
Result<Finding> postgresql_failovers(CheckContext&);         ///< PG-2
Result<Finding> least_privilege_roles(ClientContext&);       ///< PG-3
Result<Finding> sane_settings(ClientContext&);               ///< PG-6
// postgresql_tls_checks.cpp
Result<Finding> encrypted_sessions(ClientContext&);          ///< PG-4
// pooler_checks.cpp
Result<Finding> thousand_clients(ClientContext&);            ///< PG-5
// redis_checks.cpp
Result<Finding> replication_and_quorum(ClientContext&);      ///< RD-1
Result<Finding> guarded_writes(ClientContext&);              ///< RD-2
Result<Finding> redis_failovers(CheckContext&);              ///< RD-2
Result<Finding> authenticated_only(ClientContext&);          ///< RD-3
Result<Finding> durable_and_bounded(ClientContext&);         ///< RD-4
// network_checks.cpp
Result<Finding> no_plaintext(ClientContext&);                ///< NE-2
Result<Finding> no_unknown_listener(CheckContext&);          ///< NE-2
// isolation_checks.cpp
Result<Finding> only_declared_connections(CheckContext&);    ///< NE-1
// trust_checks.cpp
Result<Finding> separate_trust(ClientContext&);              ///< NE-2/TD
// access_checks.cpp
Result<Finding> least_privilege_processes(CheckContext&);    ///< AC-1
Result<Finding> no_leaked_secret(CheckContext&);             ///< AC-3
// deploy_checks.cpp
Result<Finding> nothing_to_change(CheckContext&);            ///< DE-1
Result<Finding> access_sheet_is_whole(CheckContext&);        ///< DE-2
Result<Finding> logins_work(ClientContext&);                 ///< DE-2
Result<Finding> status_is_ready(CheckContext&);              ///< DE-3
Result<Finding> everything_answers(ClientContext&);          ///< DE-3

}  // namespace keelson::checks
