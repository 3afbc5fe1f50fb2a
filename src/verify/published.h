#pragma once
#include <string>

#include "client/dial_as.h"
#include "component/endpoint.h"

namespace keelson::checks {

/// Where somebody of this machine dials a published place.
clients::Place place_of(const Published& published);

/// Whether it takes connections that come from an address.
bool takes(const Published& published, const std::string& source);

/// Whether it takes this machine's own connections: they come from 127.0.0.1 to any 127.x.y.z, else from the address they go to.
bool takes_this_machine(const Published& published);

}  // namespace keelson::checks
