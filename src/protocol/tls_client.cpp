#include "protocol/tls_client.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace keelson {
namespace {

constexpr std::size_t kChunk = 16 * 1024;

struct FreeContext { void operator()(SSL_CTX* p) const { SSL_CTX_free(p); } };
struct FreeSession { void operator()(SSL* p) const { SSL_free(p); } };
struct FreeAddresses { void operator()(addrinfo* p) const { freeaddrinfo(p); } };

/// A socket that closes itself.
class Socket {
 public:
  explicit Socket(int fd = -1) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  int fd() const { return fd_; }

 private:
  int fd_;
};

bool is_ip(const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> bytes;
  return inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 || inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

/// The oldest reason OpenSSL noted; the queue is empty afterwards.
std::string tls_reason() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
  return reason != nullptr ? reason : "TLS failed without a reason";
}

tl::unexpected<Error> late(const std::string& what, const std::string& where) {
  return fail(what, where, "no answer in time", "is the process running and the edge allowed?");
}

Result<void> wait_for(int fd, short events, Deadline deadline, const std::string& what, const std::string& where) {
  while (true) {
    pollfd entry{fd, events, 0};
    const int ready = ::poll(&entry, 1, deadline.remaining_ms());
    if (ready > 0) return {};
    if (ready == 0) return late(what, where);
    if (errno != EINTR) return fail(what, where, std::strerror(errno));
  }
}

Result<Socket> connect_socket(const Dial& dial, Deadline deadline) {
  const std::string what = "cannot connect";
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* raw = nullptr;
  const int looked = getaddrinfo(dial.address.c_str(), std::to_string(dial.port).c_str(), &hints, &raw);
  if (looked != 0) return fail(what, dial.where(), gai_strerror(looked));
  const std::unique_ptr<addrinfo, FreeAddresses> found(raw);

  Socket socket(::socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket.fd() < 0) return fail(what, dial.where(), std::strerror(errno));
  const int on = 1;
  ::setsockopt(socket.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(socket.fd(), found->ai_addr, found->ai_addrlen) == 0) return socket;
  if (errno != EINPROGRESS) return fail(what, dial.where(), std::strerror(errno));
  KEELSON_CHECK(wait_for(socket.fd(), POLLOUT, deadline, what, dial.where()));
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(socket.fd(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return fail(what, dial.where(), std::strerror(error));
  return socket;
}

using Context = std::unique_ptr<SSL_CTX, FreeContext>;
using Session = std::unique_ptr<SSL, FreeSession>;

Result<Context> make_context(const Dial& dial) {
  ERR_clear_error();
  Context context(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  if (SSL_CTX_load_verify_file(context.get(), dial.trust_file.c_str()) != 1)
    return fail("cannot read whom to trust", dial.trust_file, tls_reason());
  if (dial.certificate_file.empty()) return context;
  if (SSL_CTX_use_certificate_chain_file(context.get(), dial.certificate_file.c_str()) != 1)
    return fail("cannot read the client certificate", dial.certificate_file, tls_reason());
  if (SSL_CTX_use_PrivateKey_file(context.get(), dial.key_file.c_str(), SSL_FILETYPE_PEM) != 1)
    return fail("cannot use the client key", dial.key_file, tls_reason());
  return context;
}

Result<Session> make_session(const Dial& dial, SSL_CTX* context) {
  Session session(SSL_new(context));
  const std::string& name = dial.server_name.empty() ? dial.address : dial.server_name;
  const bool expects_ip = is_ip(name);
  const int expected = expects_ip ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session.get()), name.c_str())
                                  : SSL_set1_host(session.get(), name.c_str());
  if (expected != 1) return fail("cannot expect this server name", dial.where(), name);
  if (!expects_ip) SSL_set_tlsext_host_name(session.get(), name.c_str());
  SSL_set_bio(session.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_connect_state(session.get());
  return session;
}

}  // namespace

int Deadline::remaining_ms() const {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(at_ - std::chrono::steady_clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 1'000'000'000));
}

Deadline Deadline::at_most(int milliseconds) const {
  return Deadline(std::min(at_, std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds)));
}

std::string Dial::where() const { return address + ":" + std::to_string(port); }

/// TLS runs over two memory buffers; the socket is read and written here, with MSG_NOSIGNAL, so that a peer that hangs up
/// never raises SIGPIPE in whoever links this (OpenSSL's own socket code would).
struct TlsClient::State {
  std::string where;
  Socket socket;
  Context context;
  Session session;

  Result<void> send(std::string_view bytes, Deadline deadline) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent >= 0) {
        bytes.remove_prefix(static_cast<std::size_t>(sent));
        continue;
      }
      if (errno == EINTR) continue;
      if (errno != EAGAIN) return fail("cannot write", where, std::strerror(errno));
      KEELSON_CHECK(wait_for(socket.fd(), POLLOUT, deadline, "cannot write", where));
    }
    return {};
  }

  /// At least one byte, or "" at the end of the stream.
  Result<std::string> receive(Deadline deadline) {
    std::string bytes(kChunk, '\0');
    while (true) {
      const ssize_t got = ::recv(socket.fd(), bytes.data(), bytes.size(), 0);
      if (got >= 0) {
        bytes.resize(static_cast<std::size_t>(got));
        return bytes;
      }
      if (errno == EINTR) continue;
      if (errno != EAGAIN) return fail("cannot read", where, std::strerror(errno));
      KEELSON_CHECK(wait_for(socket.fd(), POLLIN, deadline, "cannot read", where));
    }
  }

  /// Sends what TLS wants to say.
  Result<void> flush(Deadline deadline) {
    BIO* out = SSL_get_wbio(session.get());
    std::array<char, kChunk> bytes;
    for (int got; (got = BIO_read(out, bytes.data(), static_cast<int>(bytes.size()))) > 0;)
      KEELSON_CHECK(send({bytes.data(), static_cast<std::size_t>(got)}, deadline));
    return {};
  }

  /// Fetches what TLS wants to hear; false at the end of the stream.
  Result<bool> feed(Deadline deadline) {
    KEELSON_TRY(const std::string bytes, receive(deadline));
    if (bytes.empty()) return false;
    BIO_write(SSL_get_rbio(session.get()), bytes.data(), static_cast<int>(bytes.size()));
    return true;
  }

  Result<void> handshake(Deadline deadline) {
    while (true) {
      ERR_clear_error();
      const int done = SSL_do_handshake(session.get());
      const int outcome = SSL_get_error(session.get(), done);
      const auto said = flush(deadline);  // an alert too must leave, so that the other side's log names the reason
      if (done != 1 && outcome != SSL_ERROR_WANT_READ) return refused();
      KEELSON_CHECK(said);
      if (done == 1) return {};
      KEELSON_TRY(const bool more, feed(deadline));
      if (!more) return fail("TLS handshake failed", where, "the other side closed the connection", "does it speak TLS 1.3 there?");
    }
  }

  tl::unexpected<Error> refused() {
    const long verified = SSL_get_verify_result(session.get());
    const std::string why = verified != X509_V_OK ? X509_verify_cert_error_string(verified) : tls_reason();
    ERR_clear_error();
    return fail("TLS handshake failed", where, why);
  }
};

TlsClient::TlsClient(std::unique_ptr<State> state) : state_(std::move(state)) {}
TlsClient::TlsClient(TlsClient&&) noexcept = default;
TlsClient& TlsClient::operator=(TlsClient&&) noexcept = default;
TlsClient::~TlsClient() = default;
const std::string& TlsClient::where() const { return state_->where; }

Result<TlsClient> TlsClient::connect(const Dial& dial, Deadline deadline) {
  auto state = std::make_unique<State>();
  state->where = dial.where();
  if (dial.transport == Transport::tls) {
    KEELSON_TRY(state->context, make_context(dial));
    KEELSON_TRY(state->session, make_session(dial, state->context.get()));
  }
  KEELSON_TRY(state->socket, connect_socket(dial, deadline));
  if (state->session) KEELSON_CHECK(state->handshake(deadline));
  return TlsClient(std::move(state));
}

Result<void> TlsClient::write(std::string_view bytes, Deadline deadline) {
  if (!state_->session) return state_->send(bytes, deadline);
  while (!bytes.empty()) {
    ERR_clear_error();
    const std::size_t part = std::min(bytes.size(), kChunk);
    const int written = SSL_write(state_->session.get(), bytes.data(), static_cast<int>(part));
    if (written <= 0) return fail("cannot write", state_->where, tls_reason());
    KEELSON_CHECK(state_->flush(deadline));
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<std::string> TlsClient::read(Deadline deadline) {
  if (!state_->session) return state_->receive(deadline);
  while (true) {
    ERR_clear_error();
    std::string bytes(kChunk, '\0');
    const int got = SSL_read(state_->session.get(), bytes.data(), static_cast<int>(bytes.size()));
    if (got > 0) {
      bytes.resize(static_cast<std::size_t>(got));
      return bytes;
    }
    const int outcome = SSL_get_error(state_->session.get(), got);
    if (outcome == SSL_ERROR_ZERO_RETURN) return std::string();
    if (outcome != SSL_ERROR_WANT_READ) return fail("cannot read", state_->where, tls_reason());
    KEELSON_CHECK(state_->flush(deadline));
    KEELSON_TRY(const bool more, state_->feed(deadline));
    if (!more) return fail("cannot read", state_->where, "the other side broke off");
  }
}

}  // namespace keelson
