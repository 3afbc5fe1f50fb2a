#pragma once
#include <string>

#include "base/ipv4.h"
#include "base/result.h"
#include "blueprint/blueprint.h"
#include "model/foundation.h"
#include "runtime/compose/network.h"
#include "runtime/container_layout.h"
#include "runtime/container_users.h"

namespace keelson {

/// A foundation as Compose has it: at addresses of a block of its own, whose numbers are kept so that nothing moves.
struct ComposePlace {
  Foundation foundation;
  compose::Book book;  ///< with the numbers of what is new
  Ipv4Range block;
  ContainerUsers users;
};

/// Blueprint -> Foundation at Compose's addresses. `book` is the one kept in the state, or an empty one; `subnet` the wished block ("10.88.0.0/20"), "" = the one
/// of the book, or one by the foundation's name. Pure. A foundation whose book names another block than the wished one is refused.
Checked<ComposePlace> place_on_compose(const Blueprint& blueprint, compose::Book book, const std::string& subnet);

}  // namespace keelson
