#pragma once
#include <string>
#include <string_view>

namespace keelson {

/// Lower-case hex of SHA-256.
std::string sha256_hex(std::string_view data);
/// Raw SHA-256 and HMAC-SHA-256 (32 bytes).
std::string sha256(std::string_view data);
std::string hmac_sha256(std::string_view key, std::string_view data);
/// RFC 4648 base64 with padding, and back ("" when it is not base64).
std::string base64(std::string_view data);
std::string base64_decode(std::string_view text);

}  // namespace keelson
