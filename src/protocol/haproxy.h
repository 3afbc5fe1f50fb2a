#pragma once
#include <string>
#include <string_view>

#include "base/result.h"

namespace keelson {

/// Name of the balancer's runtime socket in its run directory; who may write there decides where clients go.
inline constexpr std::string_view kHaproxySocket = "admin.sock";

/// Asks HAProxy's runtime socket one thing; it answers and closes (HAProxy 2.6 management guide, 9.3). Blocks up to 1 s.
Result<std::string> ask_haproxy(const std::string& socket, std::string_view question);

/// What can be told of a server without touching its checks (management guide, 9.3, "set server").
enum class ServerOrder {
  down,         ///< `health down`: at once, with its sessions; the next passing check lifts it
  up,           ///< `health up`: at once; the next failing checks take it back
  maintenance,  ///< `state maint`: out, whatever its checks say, until `ready`
  ready,        ///< `state ready`: its checks decide again
};
/// Fails when HAProxy does not answer or does not know the server. Telling it what is so already is fine.
Result<void> tell_haproxy(const std::string& socket, std::string_view backend, std::string_view server, ServerOrder order);

}  // namespace keelson
