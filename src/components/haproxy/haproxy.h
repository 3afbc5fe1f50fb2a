#pragma once
#include "component/kind.h"

namespace keelson {

/// The stable addresses of a component: one process that leads clients to whichever member fits each endpoint. Only ever a
/// companion; it serves every endpoint of the component it belongs to and of that one's other companions.
extern const Kind kHaproxy;

}  // namespace keelson
