#pragma once
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace keelson {

/// A moment on the monotonic clock by which blocking work must be done. Pass it down unchanged: steps share it.
class Deadline {
 public:
  static Deadline in_ms(int milliseconds) {
    return Deadline(std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds));
  }
  /// Milliseconds left, rounded up, never negative: what poll(2) wants.
  int remaining_ms() const;
  bool passed() const { return remaining_ms() == 0; }
  /// This one or `milliseconds` from now, whichever comes first.
  Deadline at_most(int milliseconds) const;

 private:
  explicit Deadline(std::chrono::steady_clock::time_point at) : at_(at) {}
  std::chrono::steady_clock::time_point at_;
};

enum class Transport { tcp, tls };

/// Whom to call and how to be sure it is them.
struct Dial {
  std::string address;         ///< an IP literal, or a name
  int port = 0;
  Transport transport = Transport::tls;
  std::string trust_file = {};        ///< PEM with the roots to trust; needed for tls
  std::string server_name = {};       ///< DNS name the certificate must carry; "" = it must carry `address`
  std::string certificate_file = {};  ///< client certificate (leaf, then issuing CA); "" = none
  std::string key_file = {};

  /// "127.77.1.5:6379", as errors name it.
  std::string where() const;
};

/// A blocking client connection, TLS 1.3 or plain TCP. Every call has a deadline; a call that misses it fails and the
/// connection is of no further use. Never raises SIGPIPE. One thread at a time. Movable; closes when it dies.
class TlsClient {
 public:
  /// Connects and, with TLS, verifies chain and name before a byte is sent.
  static Result<TlsClient> connect(const Dial& dial, Deadline deadline);

  TlsClient(TlsClient&&) noexcept;
  TlsClient& operator=(TlsClient&&) noexcept;
  ~TlsClient();

  /// All of it.
  Result<void> write(std::string_view bytes, Deadline deadline);
  /// What has come, at least one byte; "" when the other side closed in good order.
  Result<std::string> read(Deadline deadline);

  const std::string& where() const;

 private:
  struct State;
  explicit TlsClient(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace keelson
