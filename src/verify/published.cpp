#include "verify/published.h"

#include <algorithm>

#include "base/ipv4.h"

namespace keelson::checks {

clients::Place place_of(const Published& published) { return {published.address == kEveryAddress ? "127.0.0.1" : published.address, published.port}; }

bool takes(const Published& published, const std::string& source) {
  const auto address = parse_ipv4(source);
  return address && std::any_of(published.from.begin(), published.from.end(), [&](const std::string& from) {
    const auto network = parse_ipv4_network(from);
    return network && network->contains(*address);
  });
}

bool takes_this_machine(const Published& published) {
  const std::string to = place_of(published).address;
  return takes(published, to.starts_with("127.") ? "127.0.0.1" : to);
}

}  // namespace keelson::checks
