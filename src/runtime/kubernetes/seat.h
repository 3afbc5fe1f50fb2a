#pragma once
#include <functional>
#include <memory>
#include <string>

#include "runtime/container_image.h"
#include "runtime/kubernetes/inside.h"
#include "runtime/kubernetes/kubectl.h"
#include "runtime/runtime.h"

namespace keelson::kubernetes {

/// Of the pods in which clients sit, and of what lets them in: kManagedBy.
inline constexpr const char* kSeatManager = "keelson-client";

struct SeatInput {
  std::string name;        ///< of the pod, one that nobody has
  std::string foundation;
  std::string space;
  std::string owner;
  ContainerImage image;    ///< any with keelson in it
  std::string endpoint = {};  ///< as ClientSeat's users choose; "" = every member lets it in
  std::string nearest = {};   ///< a place that answers: policies come into force a moment after they are made
};

/// A pod that does nothing but hold a place in the foundation's network: what is asked runs in it. It belongs to no component, so no policy of theirs is about
/// it. With an endpoint it carries that endpoint's label, as an application does; without, a policy of its own lets it in everywhere. It ends by itself after an
/// hour if whoever made it was killed, and `down` removes what is left of it.
class Seat : public ClientSeat {
 public:
  /// Makes the question to `keelson inside` of what is asked, with all that goes with it.
  using MakeQuestion = std::function<Result<Question>(const Json& asked)>;

  /// Comes back when the pod runs and its policy is in force. Borrows the client.
  static Result<std::unique_ptr<ClientSeat>> take(Kubectl& kubectl, SeatInput input, MakeQuestion make_question);
  ~Seat() override;

  Result<std::string> run(const std::vector<std::string>& words) override;
  Result<Json> ask(const Json& question, const std::function<void(const std::string& line)>& on_line) override;
  std::string memory() const override;
  Result<std::string> keep(const std::string& name, const Secret& content) override;
  std::vector<std::string> command(const std::vector<std::string>& words) const override;

  /// All that were left, of one foundation.
  static Result<void> remove_all(Kubectl& kubectl, const std::string& space, const std::string& owner);

 private:
  Seat(Kubectl& kubectl, SeatInput input, MakeQuestion make_question);
  Result<void> wait_until_running();
  Result<void> open_everywhere(const std::string& pod_uid);

  Kubectl& kubectl_;
  const SeatInput input_;
  const MakeQuestion make_question_;
};

/// The objects themselves, as the API takes them. Pure.
Json seat_pod(const SeatInput& input);
/// Lets the seat in at every pod of the foundation; goes with the pod.
Json seat_policy(const SeatInput& input, const std::string& pod_uid);

}  // namespace keelson::kubernetes
