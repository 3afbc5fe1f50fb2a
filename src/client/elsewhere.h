#pragma once
#include <memory>
#include <string>

#include "base/result.h"

namespace keelson::clients {

/// A network namespace with a wire to this one: another machine, as far as addresses and packet filters go. Made with the machine's `ip`
/// (iproute2), root only; what a killed run left is made anew. Removed by the destructor. Two of one number cannot stand at once.
class Elsewhere {
 public:
  /// `number` (1 to 250: the foundation's, so that two never meet) is the third part of its addresses. Fails when the machine does not
  /// let namespaces or wires be made; the reason is in the error.
  static Result<std::unique_ptr<Elsewhere>> make(int number);
  ~Elsewhere();
  Elsewhere(const Elsewhere&) = delete;
  Elsewhere& operator=(const Elsewhere&) = delete;

  /// The file that stands for the namespace.
  std::string path() const { return "/run/netns/" + name_; }
  /// Where its connections come from: "169.254.<number>.2".
  const std::string& address() const { return address_; }
  /// This side of the wire, where it reaches whoever listens on every address: "169.254.<number>.1".
  const std::string& our_end() const { return our_end_; }

 private:
  explicit Elsewhere(int number);
  std::string name_;
  std::string wire_;  ///< this side of it
  std::string address_;
  std::string our_end_;
};

}  // namespace keelson::clients
