#pragma once
#include "verify/verify.h"

/// One function for each promise, in a file for each group; verify.cpp lists them. Promises: docs/reference/checks.md.
namespace keelson::checks {

using namespace clients;  // what every check begins with

// postgresql_checks.cpp
Result<Finding> reads_and_writes(CheckContext&);       ///< PG-1
Result<Finding> synchronous_commit(CheckContext&);     ///< PG-2
Result<Finding> least_privilege_roles(CheckContext&);  ///< PG-3
Result<Finding> sane_settings(CheckContext&);          ///< PG-6
// postgresql_tls_checks.cpp
Result<Finding> encrypted_sessions(CheckContext&);     ///< PG-4
// pooler_checks.cpp
Result<Finding> thousand_clients(CheckContext&);       ///< PG-5
// redis_checks.cpp
Result<Finding> replication_and_quorum(CheckContext&); ///< RD-1
Result<Finding> guarded_writes(CheckContext&);         ///< RD-2
Result<Finding> authenticated_only(CheckContext&);     ///< RD-3
Result<Finding> durable_and_bounded(CheckContext&);    ///< RD-4
// network_checks.cpp
Result<Finding> no_plaintext(CheckContext&);           ///< NE-2
// isolation_checks.cpp
Result<Finding> only_declared_connections(CheckContext&);  ///< NE-1
// trust_checks.cpp
Result<Finding> separate_trust(CheckContext&);         ///< NE-2/TD
// access_checks.cpp
Result<Finding> least_privilege_processes(CheckContext&); ///< AC-1
Result<Finding> no_leaked_secret(CheckContext&);       ///< AC-3
// deploy_checks.cpp
Result<Finding> nothing_to_change(CheckContext&);      ///< DE-1
Result<Finding> access_sheet_works(CheckContext&);     ///< DE-2
Result<Finding> status_is_true(CheckContext&);         ///< DE-3

}  // namespace keelson::checks
