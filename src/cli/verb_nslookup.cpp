#include <arpa/inet.h>
#include <netdb.h>

#include <memory>
#include <set>

#include "cli/verbs.h"

namespace keelson::cli {
namespace {

struct FoundName {
  std::string canonical;
  std::set<std::string> addresses;
};

/// By the C library, whose answer is also what engines get.
Result<FoundName> look_up(const std::string& name) {
  addrinfo hints{};
  hints.ai_flags = AI_CANONNAME;
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* raw = nullptr;
  if (const int status = ::getaddrinfo(name.c_str(), nullptr, &hints, &raw); status != 0) return fail("can't find it", name, ::gai_strerror(status));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> found(raw, &::freeaddrinfo);
  FoundName out{raw->ai_canonname == nullptr ? name : raw->ai_canonname, {}};
  for (const addrinfo* one = raw; one != nullptr; one = one->ai_next) {
    char text[INET_ADDRSTRLEN] = {};
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(one->ai_addr)->sin_addr, text, sizeof text);
    out.addresses.insert(text);
  }
  return out;
}

}  // namespace

int run(const NameLookupOptions& options, Output& output) {
  const auto found = look_up(options.name);
  if (!found) return output.error(found.error());
  output.print("Name:\t" + found->canonical + "\n");
  for (const std::string& address : found->addresses) output.print("Address: " + address + "\n");
  return 0;
}

}  // namespace keelson::cli
