#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/secret.h"

namespace keelson {

/// One HTTP(S) request. Plain data.
struct HttpRequest {
  std::string method = "GET";
  std::string host = {};     ///< name verified in the server's certificate and sent as Host; need not resolve
  std::string address = {};  ///< where to connect; "" = resolve `host`
  int port = 0;
  std::string path = "/";
  std::string body = {};     ///< sent as `content_type` when not empty
  std::string content_type = "application/json";
  std::string accept = {};   ///< "" = anything
  Secret bearer = {};        ///< token shown as `Authorization: Bearer …`
  bool tls = true;           ///< TLS 1.2 or newer, always verified
  std::string trust_file = {};        ///< PEM with the roots to trust; required with tls
  std::string certificate_file = {};  ///< client certificate and key, PEM; "" = none
  std::string key_file = {};
  int timeout_ms = 2'000;    ///< deadline of the whole exchange, connect included
};

struct HttpResponse {
  int status = 0;
  std::string body = {};
};

/// Keeps its connection between requests to the same place where the server does: a request then costs no TLS handshake. One
/// thread at a time. Blocking; the rules of `http_request` hold.
class HttpSession {
 public:
  HttpSession();
  HttpSession(HttpSession&&) noexcept;
  HttpSession& operator=(HttpSession&&) noexcept;
  ~HttpSession();
  Result<HttpResponse> request(const HttpRequest& request);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Sends one request and waits for the whole answer (at most 8 MiB). Blocking; any thread; no state is kept. Whatever the
/// status, an answer is a value; an Error means there was none (refused, deadline, certificate). No redirect is followed, no
/// proxy used.
Result<HttpResponse> http_request(const HttpRequest& request);

/// The same for servers that speak JSON: fails unless the status is `expected` and the body parses. The error shows the
/// status and the start of the body.
Result<Json> http_json(const HttpRequest& request, int expected = 200);

}  // namespace keelson
