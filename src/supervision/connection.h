#pragma once
#include <openssl/ssl.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "async/loop.h"
#include "base/result.h"
#include "component/instance.h"

namespace keelson {

/// One SSL_CTX per set of files, shared by all connections that use it; made anew when a file changed (a renewed
/// certificate), which existing connections do not notice.
class TlsContexts {
 public:
  /// `certificate` and `key` may be empty. The pointer is shared: it stays valid while somebody holds it.
  Result<std::shared_ptr<SSL_CTX>> get(const std::string& trust, const std::string& certificate, const std::string& key);

 private:
  struct Kept {
    std::string stamp;
    std::shared_ptr<SSL_CTX> context;
  };
  std::map<std::string, Kept> kept_;
};

/// Where a Connection goes and how it knows that it is there.
struct ConnectTarget {
  std::string address = {};  ///< numeric: probes never resolve names
  int port = 0;
  bool tls = false;
  std::string server_name = {};  ///< must be in the certificate; "" = the address must be
  std::string trust_file = {};
  std::string certificate_file = {};
  std::string key_file = {};
};

/// A client connection on the loop, TCP or TLS, that can be made again after it ended.
///
/// A server that ends every connection (Patroni) would cost a signature and three verifications each time. So TLS sessions
/// are resumed (RFC 8446 4.6.1; keys are still agreed anew): the session of this target, made with these same files. A server that
/// was restarted knows no old ticket, renewed files make a new context: both verify everything again.
///
///   closed -> connecting -> (handshaking ->) open -> closed
///
/// Callbacks run on the loop's thread, never inside a call of this class, `open` excepted: it may call `opened` or `closed` at once, as on loopback
/// a connection is made, or refused, before connect(2) returns. After `closed` the object may be opened again, also from within the callback.
class Connection {
 public:
  struct Events {
    std::function<void()> opened;
    std::function<void(std::string_view)> received;
    std::function<void(const std::string& why)> closed;
  };
  enum class State { closed, connecting, handshaking, open };

  Connection(Loop& loop, TlsContexts& contexts, ConnectTarget target, Events events);
  ~Connection() { close(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void open();
  /// Small messages only: what the socket does not take at once waits in a buffer.
  void send(std::string_view bytes);
  /// No callback follows.
  void close();
  State state() const { return state_; }
  const ConnectTarget& target() const { return target_; }

 private:
  void enter(State next);
  void ready(std::uint32_t events);
  void made();
  void connected();
  void wait_for(std::uint32_t events);
  void handshake();
  void read();
  void flush();
  void fail_with(std::string why);
  bool wants(int ssl_result);
  std::string tls_reason() const;
  Result<void> begin_tls();
  friend class TlsContexts;
  static int keep_session(SSL* ssl, SSL_SESSION* session);

  Loop& loop_;
  TlsContexts& contexts_;
  const ConnectTarget target_;
  const Events events_;
  State state_ = State::closed;
  OwnedFd fd_;
  std::shared_ptr<SSL_CTX> context_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_{nullptr, SSL_free};
  std::unique_ptr<SSL_SESSION, decltype(&SSL_SESSION_free)> session_{nullptr, SSL_SESSION_free};
  std::shared_ptr<SSL_CTX> session_context_;  ///< whom `session_` was verified with
  std::string unsent_;
  std::uint64_t generation_ = 0;  ///< grows with each close: tells a callback that closed us from one that did not
  Watch watch_;
};

}  // namespace keelson
