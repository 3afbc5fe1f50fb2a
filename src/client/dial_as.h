#pragma once
#include <string>
#include <vector>

#include "base/result.h"

namespace keelson::clients {

struct Place {
  std::string address;  ///< IPv4, dotted
  int port = 0;
  auto operator<=>(const Place&) const = default;
};

/// What a connection attempt met.
struct Met {
  int error = 0;  ///< 0: it was open; else errno (ECONNREFUSED; ETIMEDOUT where nothing came in time)
  bool open() const { return error == 0; }
};

/// Opens a TCP connection to each place as the user `uid`, all at once, and closes them again; what each met, in the order of `places`. A
/// child process of this one takes on the uid (as its group too, without further groups) before it makes its sockets, so that the kernel
/// judges that user. Root only. Blocks until all are answered, at most `within_ms` and a little.
Result<std::vector<Met>> dial_as(int uid, const std::vector<Place>& places, int within_ms);

/// The same as root, from another network namespace, named by a file that stands for it ("/run/netns/x", /proc/<pid>/ns/net).
Result<std::vector<Met>> dial_from(const std::string& network_namespace, const std::vector<Place>& places, int within_ms);

}  // namespace keelson::clients
