#pragma once
#include <string>

#include "base/json.h"
#include "client/client.h"
#include "runtime/nothing_to_damage.h"
#include "verify/sabotage.h"

/// What sabotages are made of, and the sabotages themselves: a file for each group, listed in sabotage.cpp.
namespace keelson::damages {

/// A member by the name in a record.
struct Victim {
  const Component* component = nullptr;
  const Member* member = nullptr;
};
/// Fails with not_supported when the foundation no longer has it: then there is nothing to repair either.
Result<Victim> victim_of(const Foundation& foundation, const Json& record);
Json record_of(const Member& member);
inline tl::unexpected<Error> not_here(const std::string& why) { return nothing_to_damage(why); }
/// The first that a foundation has; not_here where it has none.
Result<clients::PostgresqlView> first_postgresql(const Foundation& foundation);
Result<clients::RedisView> first_redis(const Foundation& foundation);

// sabotages_postgresql.cpp
extern const Deed<ClientContext> kCommitWithoutWaiting;      ///< PG-2
extern const Deed<ClientContext> kMoreRights;                ///< PG-3
extern const Deed<ClientContext> kTrustLine;                 ///< PG-4
extern const Deed<ClientContext> kNoVacuum;                  ///< PG-6
extern const Deed<ClientContext> kForeignRoot;               ///< TD-1
// sabotages_redis.cpp
extern const Deed<ClientContext> kUnguardedWrites;           ///< RD-2
extern const Deed<ClientContext> kOpenDefaultUser;           ///< RD-3
extern const Deed<ClientContext> kNoAppendOnly;              ///< RD-4
extern const Deed<ClientContext> kPlaintextListener;         ///< NE-2
extern const Deed<ClientContext> kOtherPassword;             ///< DE-2
// sabotages_balancer.cpp
extern const Deed<CheckContext> kReplicaEndpointToPrimary;   ///< PG-1
extern const Deed<CheckContext> kFewClients;                 ///< PG-5
// sabotages_beside.cpp
extern const Deed<CheckContext> kTwoSentinelsAway;           ///< RD-1
extern const Deed<CheckContext> kOpenWay;                    ///< NE-1
extern const Deed<CheckContext> kMorePrivileges;             ///< AC-1
extern const Deed<CheckContext> kSecretInLog;                ///< AC-3
extern const Deed<CheckContext> kEditedFile;                 ///< DE-1
extern const Deed<CheckContext> kStoppedMember;              ///< DE-3

}  // namespace keelson::damages
