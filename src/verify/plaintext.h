#pragma once
#include <array>
#include <string>
#include <string_view>

/// What a listener says to somebody who speaks plaintext. Pure.
namespace keelson::checks {

/// A first message of a protocol, unencrypted.
struct Greeting {
  std::string_view protocol;
  std::string_view bytes;
};

/// Redis' inline PING, an HTTP/1.0 request, and a PostgreSQL StartupMessage (protocol 3.0, user "keelson").
extern const std::array<Greeting, 3> kGreetings;
/// PostgreSQL's SSLRequest: a server that speaks TLS answers `S`.
extern const std::string_view kSslRequest;

/// Why the answer is a conversation in plaintext; "" when it is a refusal. An empty answer, a TLS alert, PostgreSQL's `E…`
/// (refused before anything was asked) and HTTP 400 (what Go servers say on a TLS port) are refusals. Redis' `+…` and `-…` (it would
/// take a password next), PostgreSQL's `R` (it asks for one) and any other HTTP status are not.
std::string plaintext_fault(std::string_view answer);

}  // namespace keelson::checks
