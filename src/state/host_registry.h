#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "state/sqlite.h"
#include "system/clock.h"
#include "system/files.h"

namespace keelson::state {

/// What one foundation owns on this machine.
struct HostClaim {
  int id = 0;
  std::string foundation;
  std::string state_dir;
  std::string block;             ///< first three octets: "127.77.<id>"
  int first_uid = 0;             ///< 70000 + id * 100; a hundred uids (meaningful for root only)
  bool owns_short_names = false; ///< the longest registered one: the only one whose short names go to /etc/hosts
  bool operator==(const HostClaim&) const = default;
};

/// A foundation that this machine knows by name.
struct KnownName {
  std::string foundation;
  std::string state_dir;
  std::string block = {};  ///< "" = it has none: it needs no place on this machine
  bool operator==(const KnownName&) const = default;
};

/// Text of /proc/net/tcp (Linux Documentation/networking/proc_net_tcp): who listens where.
using ReadListeners = std::function<Result<std::string>()>;

/// Third octets of 127.77.x.y in which somebody listens, from that text, sorted, each once.
std::vector<int> listening_blocks(const std::string& proc_net_tcp);

/// The foundations of this machine and what each owns, in `<base>/host.db`. Every change is one exclusive transaction, so
/// two `up` at once never get the same block. Root's ids are 1-127, those of ordinary users 128-250 (users cannot see each
/// other's registries; each begins to look at a place given by its uid).
class HostRegistry {
 public:
  /// `uid` is the effective one. The references must outlive it.
  static Result<std::unique_ptr<HostRegistry>> open(const std::string& base, Files& files, Clock& clock, int uid,
                                                    ReadListeners read_listeners);

  /// The claim of (foundation, state_dir), made on first use and the same ever after. The directory must exist. Blocks in which somebody listens are
  /// passed over. Claims whose state directory is gone, and in whose block nobody listens, are dropped on the way. Fails with
  /// ErrorCode::preflight_refused when no block is left.
  Result<HostClaim> claim(const std::string& foundation, const std::string& state_dir);
  /// Keeps name and state directory of a foundation that needs no addresses and no uids of this machine, so that it is found by its name. What it may
  /// have claimed before is given back: block, uids and the short names. The directory must exist.
  Result<void> note(const std::string& foundation, const std::string& state_dir);
  /// All foundations, those with a claim first.
  Result<std::vector<KnownName>> names();
  /// After `destroy`; one that is not there is fine.
  Result<void> release(const std::string& foundation, const std::string& state_dir);
  /// Longest registered first.
  Result<std::vector<HostClaim>> list();

 private:
  HostRegistry(std::unique_ptr<Database> database, Files& files, Clock& clock, int uid, ReadListeners read_listeners)
      : database_(std::move(database)), files_(files), clock_(clock), uid_(uid), read_listeners_(std::move(read_listeners)) {}
  Result<void> drop_dead(const std::vector<int>& listening);
  Result<int> free_id(const std::vector<int>& listening);

  std::unique_ptr<Database> database_;
  Files& files_;
  Clock& clock_;
  const int uid_;
  ReadListeners read_listeners_;
};

}  // namespace keelson::state
