#pragma once
#include "component/kind.h"

namespace keelson::live {

/// What the agent under test knows: one kind, "test-leader", whose leader verbs need a secret from a worker thread, as those of the
/// real kinds do, and give every leadership up to a member named "other".
Catalog leader_catalog();

}  // namespace keelson::live
