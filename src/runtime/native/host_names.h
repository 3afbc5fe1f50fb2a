#pragma once
#include <string>
#include <vector>

#include "base/result.h"
#include "model/foundation.h"
#include "system/fd.h"
#include "system/files.h"

namespace keelson::native {

/// The lines keelson wants in /etc/hosts for a foundation: endpoints and members, by full name, and by short name too
/// when the foundation owns the short names. Pure.
std::vector<std::string> host_lines(const Foundation& foundation, bool short_names);

/// Whose block it is: the id of the host registry, because two state directories may hold foundations of one name.
struct HostsMark {
  int id = 0;
  std::string foundation = {};
};

/// `hosts` with the block of that mark replaced by `lines` where it stands (removed when empty, appended when new). Everything
/// outside the marks stays byte for byte. A begin mark without its end is refused rather than guessed. Pure.
Result<std::string> with_block(std::string_view hosts, const HostsMark& mark, const std::vector<std::string>& lines);

/// Whether a name of `lines` stands before the block of that mark with another address: the first line that has a name decides
/// where it leads (hosts(5)), as with two foundations of one domain. Pure.
bool lead_elsewhere(std::string_view hosts, const HostsMark& mark, const std::vector<std::string>& lines);

/// Held while the host's names are read and written back, so that two foundations do not undo each other's block. Root only.
/// Waits for whoever holds it (milliseconds). Closing it lets go.
Result<OwnedFd> lock_host_names();

/// Reads `path`, replaces the block and writes it back when that changes anything. Where the file cannot be replaced
/// (a bind mount), it is rewritten in place.
Result<void> publish_names(Files& files, const std::string& path, const HostsMark& mark, const std::vector<std::string>& lines);

}  // namespace keelson::native
