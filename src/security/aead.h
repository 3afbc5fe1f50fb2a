#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"

namespace keelson {

inline constexpr std::size_t kAeadNonceBytes = 12;
inline constexpr std::size_t kAeadTagBytes = 16;

/// AES-256-GCM. `key` is 32 bytes; `nonce` 12 bytes, never used twice with a key. `header` is authenticated, not encrypted.
/// Returns ciphertext and tag.
Result<std::string> aead_seal(const Secret& key, std::string_view nonce, std::string_view header, std::string_view plain);

/// The plain bytes, or nothing when key, nonce, header, ciphertext or tag do not belong together.
std::optional<Secret> aead_open(const Secret& key, std::string_view nonce, std::string_view header, std::string_view sealed);

}  // namespace keelson
