#pragma once
#include <map>
#include <span>

#include "base/json.h"
#include "verify/verify.h"

/// The clients' half of checks, where only those inside a foundation's network can be its clients.
namespace keelson {

/// What one of a check's two functions found, and how long it took.
struct HalfResult {
  Finding found;
  std::int64_t took_ms = 0;
};

/// Has the client in a seat try these checks' halves; by id. Blocks, about as long as `verify` does.
Result<std::map<std::string, HalfResult>> ask_client(ClientSeat& seat, std::span<const Check> checks);

/// What that client does: `asked` is what ask_client sends.
Result<Json> answer_as_client(ClientContext& context, const Json& asked);

}  // namespace keelson
