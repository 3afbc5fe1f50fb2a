#pragma once
#include <memory>
#include <span>

#include "verify/sabotage.h"

namespace keelson {

/// Does deeds and tries checks from where each can be done: beside the foundation, or as a client of it. Where clients are inside a network, it takes one seat there
/// when it first needs it, and keeps it. Borrows the context.
class Saboteur {
 public:
  explicit Saboteur(CheckContext& context) : context_(context) {}

  Result<Json> prepare(const Sabotage& sabotage);
  Result<void> damage(const Sabotage& sabotage, const Json& record);
  Result<void> repair(const Sabotage& sabotage, const Json& record);
  std::vector<CheckResult> try_checks(std::span<const Check> checks);

 private:
  Result<Json> ask_client(const Sabotage& sabotage, std::string_view part, const Json& record);
  /// Null where clients are here.
  Result<ClientSeat*> seat();

  CheckContext& context_;
  std::unique_ptr<ClientSeat> seat_;
};

/// What the client in the seat does: `asked` is what a Saboteur sends.
Result<Json> answer_as_saboteur(ClientContext& context, const Json& asked);

}  // namespace keelson
