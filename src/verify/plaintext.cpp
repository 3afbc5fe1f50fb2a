#include "verify/plaintext.h"

namespace keelson::checks {
namespace {

using namespace std::string_view_literals;

bool is_http(std::string_view answer) { return answer.starts_with("HTTP/1.") && answer.size() >= 12; }

}  // namespace

// Length 22, protocol 3.0, "user" "keelson"; the final zero ends the list.
const std::array<Greeting, 3> kGreetings = {{
    {"Redis", "PING\r\n"sv},
    {"HTTP", "GET / HTTP/1.0\r\n\r\n"sv},
    {"PostgreSQL", "\0\0\0\x16\0\x03\0\0user\0keelson\0\0"sv},
}};

const std::string_view kSslRequest = "\0\0\0\x08\x04\xd2\x16\x2f"sv;

std::string plaintext_fault(std::string_view answer) {
  if (answer.empty()) return {};
  if (answer.front() == '+') return "obeys a Redis command";
  if (answer.front() == '-') return "answers a Redis command";
  if (is_http(answer)) return answer.substr(9, 3) == "400" ? std::string() : "answers HTTP " + std::string(answer.substr(9, 3));
  if (answer.front() == 'R') return "would take a PostgreSQL login";
  return {};
}

}  // namespace keelson::checks
