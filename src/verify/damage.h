#pragma once
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "verify/sabotage.h"

/// What sabotages are made of, and the sabotages themselves: a file for each group, listed in sabotage.cpp.
namespace keelson::damages {

/// Keeps a copy of `path` beside it (same owner and mode), then writes `content` in its place.
Result<void> replace_file(const std::string& path, const std::string& content);
/// Puts the kept copy back; without one nothing was replaced.
Result<void> put_back(const std::string& path);
Result<std::string> text_of(const std::string& path);

/// A member by the name in a record.
struct Victim {
  const Component* component = nullptr;
  const Member* member = nullptr;
};
Result<Victim> victim_of(CheckContext& context, const Json& record);
Json record_of(const Member& member);
/// Makes the member's engine read its files again, by its kind's own verb.
Result<void> reload(CheckContext& context, const Victim& victim);
tl::unexpected<Error> not_here(const std::string& why);

/// prepare, damage and repair of one sabotage.
struct Deed {
  Result<Json> (*prepare)(CheckContext&);
  Result<void> (*damage)(CheckContext&, const Json&);
  Result<void> (*repair)(CheckContext&, const Json&);
};

// sabotages_postgresql.cpp
extern const Deed kReplicaEndpointToPrimary;  ///< PG-1
extern const Deed kCommitWithoutWaiting;      ///< PG-2
extern const Deed kMoreRights;                ///< PG-3
extern const Deed kTrustLine;                 ///< PG-4
extern const Deed kFewClients;                ///< PG-5
extern const Deed kNoVacuum;                  ///< PG-6
extern const Deed kForeignRoot;               ///< TD-1
// sabotages_redis.cpp
extern const Deed kTwoSentinelsAway;          ///< RD-1
extern const Deed kUnguardedWrites;           ///< RD-2
extern const Deed kOpenDefaultUser;           ///< RD-3
extern const Deed kNoAppendOnly;              ///< RD-4
extern const Deed kPlaintextListener;         ///< NE-2
extern const Deed kOtherPassword;             ///< DE-2
// sabotages_host.cpp
extern const Deed kNoPolicy;                  ///< NE-1
extern const Deed kOpenDirectory;             ///< AC-1
extern const Deed kSecretInLog;               ///< AC-3
extern const Deed kEditedFile;                ///< DE-1
extern const Deed kStoppedMember;             ///< DE-3

}  // namespace keelson::damages
