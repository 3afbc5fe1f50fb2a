#pragma once
#include <mutex>
#include <string>

#include "base/result.h"
#include "system/commands.h"
#include "system/files.h"

namespace keelson::native {

/// The system users of a foundation, one per component: real passwd entries, because initdb wants one, without a
/// shell, a home or a password. Thread-safe: passwd is changed by one thread at a time.
class HostUsers {
 public:
  explicit HostUsers(Commands& commands) : commands_(commands) {}

  /// Makes the user and its group with this number when they do not exist. A user of that name with another number is
  /// refused: keelson never takes over what somebody else made.
  Result<Owner> ensure(const std::string& user, int uid);
  /// The ids of an existing user; an error when there is none.
  static Result<Owner> find(const std::string& user);
  /// Removes user and group; absent is fine.
  Result<void> remove(const std::string& user);

 private:
  Commands& commands_;
  std::mutex mutex_;
};

/// The name of the user this process runs as ("uid 1234" when it has no entry).
std::string current_user();
/// Who asked for this, also behind sudo (SUDO_USER); for access.local.
std::string invoking_user();

}  // namespace keelson::native
