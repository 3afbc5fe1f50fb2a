#include "system/random.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <cstdlib>
#include <string_view>

namespace keelson {

Secret Random::password(std::size_t length) {
  static constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  // 248 = 4 x 62: bytes above would make the first letters likelier.
  static constexpr unsigned kFair = 256 / kAlphabet.size() * kAlphabet.size();
  std::string text;
  text.reserve(length);  // so that no half-made password is left behind by a reallocation
  while (text.size() < length) {
    std::string raw = bytes(length);
    for (const unsigned char byte : raw) {
      if (byte < kFair && text.size() < length) text += kAlphabet[byte % kAlphabet.size()];
    }
    OPENSSL_cleanse(raw.data(), raw.size());
  }
  Secret secret(text);
  OPENSSL_cleanse(text.data(), text.size());
  return secret;
}

std::string RealRandom::bytes(std::size_t count) {
  std::string data(count, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(data.data()), static_cast<int>(count)) != 1) std::abort();
  return data;
}

}  // namespace keelson
