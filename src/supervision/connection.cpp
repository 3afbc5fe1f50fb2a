#include "supervision/connection.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace keelson {
namespace {

std::string openssl_reason() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = code ? ERR_reason_error_string(code) : nullptr;
  return reason ? reason : "no reason given";
}

std::string stamp_of(const std::string& path) {
  struct stat info {};
  if (path.empty() || ::stat(path.c_str(), &info) != 0) return "-";
  return fmt::format("{}.{}.{}", info.st_ino, info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
}

socklen_t numeric_address(const ConnectTarget& target, sockaddr_storage& storage) {
  auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
  if (inet_pton(AF_INET, target.address.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(static_cast<std::uint16_t>(target.port));
    return sizeof *v4;
  }
  if (inet_pton(AF_INET6, target.address.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(static_cast<std::uint16_t>(target.port));
    return sizeof *v6;
  }
  return 0;
}

}  // namespace

Result<std::shared_ptr<SSL_CTX>> TlsContexts::get(const std::string& trust, const std::string& certificate, const std::string& key) {
  Kept& kept = kept_[trust + "\n" + certificate];
  const std::string stamp = stamp_of(trust) + stamp_of(certificate) + stamp_of(key);
  if (kept.context && kept.stamp == stamp) return kept.context;
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context.get(), 1);  // one system call for a record, not two
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context.get(), &Connection::keep_session);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  if (SSL_CTX_load_verify_locations(context.get(), trust.c_str(), nullptr) != 1) return fail("cannot read the trust file", trust, openssl_reason());
  if (!certificate.empty() && (SSL_CTX_use_certificate_chain_file(context.get(), certificate.c_str()) != 1 ||
                               SSL_CTX_use_PrivateKey_file(context.get(), key.c_str(), SSL_FILETYPE_PEM) != 1))
    return fail("cannot use the agent's certificate", certificate, openssl_reason());
  kept = {stamp, context};
  return context;
}

Connection::Connection(Loop& loop, TlsContexts& contexts, ConnectTarget target, Events events)
    : loop_(loop), contexts_(contexts), target_(std::move(target)), events_(std::move(events)) {}

void Connection::open() {
  close();
  sockaddr_storage storage{};
  const socklen_t size = numeric_address(target_, storage);
  if (size == 0) return fail_with("not a numeric address: " + target_.address);
  fd_ = OwnedFd(::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd_) return fail_with(std::strerror(errno));
  const int one = 1;
  ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  state_ = State::connecting;
  // Asked a second time, the kernel says how it went (connect(2)): on loopback that is known by now, and no turn of the loop is spent on it.
  const auto* const place = reinterpret_cast<sockaddr*>(&storage);
  if (::connect(fd_.get(), place, size) == 0 || (errno == EINPROGRESS && ::connect(fd_.get(), place, size) == 0)) return made();
  if (errno != EALREADY) return fail_with(std::strerror(errno));
  wait_for(EPOLLOUT);
}

void Connection::wait_for(std::uint32_t events) {
  if (watch_) return watch_.events(events);
  watch_ = loop_.watch(fd_.get(), events, [this](std::uint32_t came) { ready(came); });
}

void Connection::close() {
  ++generation_;
  state_ = State::closed;
  watch_.reset();
  // Freed without a shutdown, OpenSSL would take its session for broken and never resume it.
  if (ssl_ && SSL_is_init_finished(ssl_.get())) SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  ssl_.reset();
  context_.reset();
  fd_.reset();
  unsent_.clear();
}

void Connection::fail_with(std::string why) {
  close();
  events_.closed(why);
}

void Connection::ready(std::uint32_t events) {
  switch (state_) {
    case State::connecting: return connected();
    case State::handshaking: return handshake();
    case State::open: {
      const std::uint64_t before = generation_;
      if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) read();
      if (before == generation_ && !unsent_.empty()) flush();
      return;
    }
    case State::closed: return;
  }
}

void Connection::connected() {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return fail_with(std::strerror(error));
  made();
}

void Connection::made() {
  if (!target_.tls) return enter(State::open);
  if (auto begun = begin_tls(); !begun) return fail_with(describe(begun.error()));
  enter(State::handshaking);
  handshake();
}

Result<void> Connection::begin_tls() {
  KEELSON_TRY(context_, contexts_.get(target_.trust_file, target_.certificate_file, target_.key_file));
  ssl_.reset(SSL_new(context_.get()));
  SSL_set_fd(ssl_.get(), fd_.get());
  SSL_set_connect_state(ssl_.get());
  SSL_set_app_data(ssl_.get(), this);
  if (session_ && session_context_ == context_) SSL_set_session(ssl_.get(), session_.get());
  if (target_.server_name.empty()) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), target_.address.c_str());
  } else {
    SSL_set_hostflags(ssl_.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    SSL_set1_host(ssl_.get(), target_.server_name.c_str());
    SSL_set_tlsext_host_name(ssl_.get(), target_.server_name.c_str());
  }
  return {};
}

/// Called by OpenSSL when the server sent a ticket; takes the session over.
int Connection::keep_session(SSL* ssl, SSL_SESSION* session) {
  auto& self = *static_cast<Connection*>(SSL_get_app_data(ssl));
  self.session_.reset(session);
  self.session_context_ = self.context_;
  return 1;
}

/// True when TLS only waits for the socket; the watch then waits for the right thing.
bool Connection::wants(int ssl_result) {
  const int error = SSL_get_error(ssl_.get(), ssl_result);
  if (error == SSL_ERROR_WANT_READ) wait_for(EPOLLIN);
  else if (error == SSL_ERROR_WANT_WRITE) wait_for(EPOLLIN | EPOLLOUT);
  else return false;
  return true;
}

std::string Connection::tls_reason() const {
  const long verified = SSL_get_verify_result(ssl_.get());
  if (verified != X509_V_OK) return fmt::format("certificate refused: {}", X509_verify_cert_error_string(verified));
  if (ERR_peek_last_error() == 0) return "closed by the other side";
  return "TLS: " + openssl_reason();
}

void Connection::handshake() {
  ERR_clear_error();
  const int done = SSL_do_handshake(ssl_.get());
  if (done == 1) return enter(State::open);
  if (wants(done)) return;
  const std::string why = tls_reason();
  session_.reset();  // begin from nothing the next time
  fail_with(why);
}

void Connection::enter(State next) {
  state_ = next;
  if (next != State::open) return;
  if (watch_) watch_.events(EPOLLIN);
  const std::uint64_t before = generation_;
  events_.opened();
  if (before == generation_ && !watch_) wait_for(EPOLLIN);  // whoever only asks whether it opens needs no watch
}

void Connection::read() {
  std::array<char, 8192> buffer;
  const std::uint64_t before = generation_;
  while (before == generation_) {
    ssize_t got = 0;
    if (ssl_) {
      ERR_clear_error();
      const int result = SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size()));
      if (result <= 0) {
        if (wants(result)) return;
        return fail_with(tls_reason());
      }
      got = result;
    } else {
      got = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
      if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
      if (got == 0) return fail_with("closed by the other side");
      if (got < 0) return fail_with(std::strerror(errno));
    }
    events_.received({buffer.data(), static_cast<std::size_t>(got)});
    // What is still in the socket wakes the loop again; what TLS has already taken out of it would not.
    if (before == generation_ && !(ssl_ && SSL_has_pending(ssl_.get()))) return;
  }
}

void Connection::send(std::string_view bytes) {
  unsent_ += bytes;
  flush();
}

void Connection::flush() {
  while (!unsent_.empty() && state_ == State::open) {
    ssize_t put = 0;
    if (ssl_) {
      ERR_clear_error();
      const int result = SSL_write(ssl_.get(), unsent_.data(), static_cast<int>(unsent_.size()));
      if (result <= 0) {
        if (!wants(result)) wait_for(EPOLLIN | EPOLLOUT);  // the next turn reads the error and closes
        return;
      }
      put = result;
    } else {
      put = ::send(fd_.get(), unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
      if (put < 0) return wait_for(EPOLLIN | EPOLLOUT);
    }
    unsent_.erase(0, static_cast<std::size_t>(put));
  }
  if (state_ == State::open) wait_for(EPOLLIN);
}

}  // namespace keelson
