#include "components/postgresql/scram.h"

#include <openssl/evp.h>

#include <algorithm>
#include <charconv>

#include "system/digest.h"

namespace keelson::postgresql {

bool fits(std::string_view verifier, const Secret& password) {
  constexpr std::string_view kScheme = "SCRAM-SHA-256$";
  if (!verifier.starts_with(kScheme)) return false;
  const std::string_view rest = verifier.substr(kScheme.size());
  const std::size_t colon = rest.find(':'), dollar = rest.find('$'), second = rest.find(':', dollar);
  if (colon == std::string_view::npos || dollar == std::string_view::npos || second == std::string_view::npos || colon > dollar) return false;
  int iterations = 0;
  if (std::from_chars(rest.data(), rest.data() + colon, iterations).ec != std::errc() || iterations < 1) return false;
  const std::string_view bytes = password.reveal();
  if (std::any_of(bytes.begin(), bytes.end(), [](char c) { return static_cast<unsigned char>(c) > 126; })) return true;

  const std::string salt = base64_decode(rest.substr(colon + 1, dollar - colon - 1));
  const std::string stored = base64_decode(rest.substr(dollar + 1, second - dollar - 1));
  std::string salted(32, '\0');
  if (PKCS5_PBKDF2_HMAC(bytes.data(), static_cast<int>(bytes.size()), reinterpret_cast<const unsigned char*>(salt.data()),
                        static_cast<int>(salt.size()), iterations, EVP_sha256(), static_cast<int>(salted.size()),
                        reinterpret_cast<unsigned char*>(salted.data())) != 1)
    return false;
  return sha256(hmac_sha256(salted, "Client Key")) == stored;
}

}  // namespace keelson::postgresql
