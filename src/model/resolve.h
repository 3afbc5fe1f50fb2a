#pragma once
#include <functional>
#include <map>
#include <string>

#include "base/result.h"
#include "blueprint/blueprint.h"
#include "model/foundation.h"
#include "model/layout.h"

namespace keelson {

/// Addresses already given out, by member or endpoint name, so that they never move: last octet inside the block.
using AddressBook = std::map<std::string, int>;

/// Gives every member and endpoint of a foundation (whose shapes are complete) its address; also the domain, where names are the runtime's. Pure.
using Addressing = std::function<Result<void>(Foundation&)>;

struct ResolveInput {
  const Blueprint& blueprint;
  Catalog catalog;
  const Layout& layout;
  std::string block = "127.77.1";  ///< first three octets of the foundation's addresses
  std::string invoking_user = {};  ///< default of access.local
  Addressing addressing = {};      ///< of runtimes that have networks of their own; none = addresses of `block`, kept in the book
};

/// Blueprint -> Foundation: companions, members, addresses, endpoints, edges, secrets, rendered instances. Pure. New names
/// are added to `addresses`; existing entries are kept. All problems are returned together.
Checked<Foundation> resolve(const ResolveInput& input, AddressBook& addresses);

}  // namespace keelson
