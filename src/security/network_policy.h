#pragma once
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/foundation.h"

namespace keelson {

/// "This uid may open TCP connections to these addresses on this port."
struct NetworkRow {
  int uid = -1;
  std::string address;  ///< "127.77.1.5", or a range "127.77.1.1-127.77.1.4"
  int port = 0;
  bool operator==(const NetworkRow&) const = default;
};

/// A place outside the block where an endpoint is published, and who may come there.
struct PublishedRow {
  std::string address;  ///< "127.0.0.1"; "0.0.0.0" = every address of the machine
  int port = 0;
  std::vector<std::string> from;  ///< "192.0.2.0/24", "192.0.2.7"
};

/// First and last uid, both included.
struct UidRange {
  int first = 0, last = 0;
};

/// A network policy, complete: what is not a row is refused, inside `block` and at published places only.
struct NetworkPolicy {
  std::string table;  ///< "keelson_1": [a-z][a-z0-9_]*
  std::string block;  ///< the foundation's addresses: "127.77.1.0/24"
  std::vector<NetworkRow> rows = {};
  std::vector<PublishedRow> published = {};
  UidRange components = {};  ///< the users of the foundation's components: they have no business at published places
};

/// The nftables text of a policy: replaces the table of that name in one transaction (load it with `nft -f`). It judges, on
/// the output hook, only what goes into the block, and there only the first packet of a TCP connection (SYN without ACK):
/// replies and packets without a socket have no uid. Root passes. Refused TCP gets a reset, so that clients see
/// "connection refused" at once; UDP and the rest get admin-prohibited. Other tables are not touched.
/// A hand-written table of this form cost nothing visible in throughput (nftables 1.0.6, Linux 6.18).
///
/// On the input hook, what comes for the block from another interface than lo is dropped: with route_localnet set, the kernel itself would let
/// it in. Where something is published, connections to these places are judged there by the address they come from; the block, IPv6
/// and everything but TCP pass. A component that dials a published place of this machine is refused: it would be a way around the edges.
///
/// Rows may overlap or repeat; the text is the same for the same set of allowed (uid, address, port), in whatever order.
/// Fails on rows outside the block, bad ports, negative uids and names that nft would read as something else.
Result<std::string> nftables_text(const NetworkPolicy& policy);

/// The text that removes the table, also when there is none.
Result<std::string> nftables_removal(const std::string& table);

/// The published places of a foundation's endpoints.
std::vector<PublishedRow> published_rows(const Foundation& foundation);

/// The rows a foundation asks for: what its edges open (model/door.h), by the uid of the component an edge comes from; those from
/// kLocalUsers for every uid in `local_uids`. An edge to nothing, or from a component without a uid, is an error.
Result<std::vector<NetworkRow>> network_rows(const Foundation& foundation, const std::map<std::string, int>& uid_of_component,
                                             const std::vector<int>& local_uids);

}  // namespace keelson
