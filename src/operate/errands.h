#pragma once
#include <functional>
#include <future>
#include <string>
#include <vector>

#include "client/client.h"

/// What a client inside a foundation's network has done outside, by whoever runs the instances. It says so on standard output, an errand a line, and waits for a
/// file with the answer.
namespace keelson::operate {

/// Inside: sends an errand out and comes back with its answer. `directory` is the client's own. Thread-safe.
Result<Json> send_errand(const std::string& directory, const Json& errand, int within_ms);

/// Outside: does what the client in the seat asks for.
///
///   {"strike": LEADER}                  the fault of a drill
///   {"restart": INSTANCE}               by the runtime; answered when it is ready again
///   {"signal": INSTANCE, "number": N}
///
/// Each in a thread of its own, so that a long one keeps no other waiting. The destructor waits for those under way.
class Errands {
 public:
  using Strike = std::function<Result<Json>(const std::string& leader)>;

  /// `directory`: the client's. Borrows the first two.
  Errands(Standing& standing, ClientSeat& seat, std::string directory, Strike strike = {});
  /// A line of what the client says; what is no errand is passed over.
  void heard(const std::string& line);

 private:
  Result<Json> run(const Json& errand);

  Standing& standing_;
  ClientSeat& seat_;
  const std::string directory_;
  const Strike strike_;
  std::vector<std::future<void>> under_way_;
};

}  // namespace keelson::operate
