#include "security/forms.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <variant>
#include <vector>

#include "system/digest.h"

namespace keelson {
namespace {

constexpr std::size_t kSaltBytes = 16;

Result<Secret> double_quoted(const Secret& secret, const std::string& name) {
  const std::string_view bytes = secret.reveal();
  std::string out;
  out.reserve(2 * bytes.size());  // so that no copy is left behind by growing
  for (const char c : bytes) {
    if (c == '\n' || c == '\r' || c == '\0') {
      OPENSSL_cleanse(out.data(), out.size());
      return fail("a secret cannot be written into a configuration line", name, "it holds a line break or a NUL byte",
                  "choose one without");
    }
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
  return Secret(std::move(out));
}

Result<Secret> scram(const Secret& secret, const std::string& name) {
  const std::string_view bytes = secret.reveal();
  const auto plain_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80 && c != '\0'; };
  if (!std::all_of(bytes.begin(), bytes.end(), plain_ascii))
    return fail("a password cannot be used with SCRAM", name, "clients may normalise characters outside ASCII (RFC 4013) and then fail to log in",
                "choose one of ASCII characters");
  // Salted by the secret itself: the same bytes each time, yet unknown without the secret.
  const std::string salt = hmac_sha256(bytes, "keelson scram salt " + name).substr(0, kSaltBytes);
  return scram_verifier(bytes, salt, kScramIterations);
}

}  // namespace

Result<Secret> scram_verifier(std::string_view password, std::string_view salt, int iterations) {
  std::string salted(32, '\0');
  if (PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), reinterpret_cast<const unsigned char*>(salt.data()),
                        static_cast<int>(salt.size()), iterations, EVP_sha256(), static_cast<int>(salted.size()),
                        reinterpret_cast<unsigned char*>(salted.data())) != 1)
    return fail("cannot derive a SCRAM verifier", {}, "OpenSSL refused PBKDF2");
  const Secret stored(sha256(hmac_sha256(salted, "Client Key")));
  const Secret server(hmac_sha256(salted, "Server Key"));
  OPENSSL_cleanse(salted.data(), salted.size());
  return Secret("SCRAM-SHA-256$" + std::to_string(iterations) + ":" + base64(salt) + "$" + base64(stored.reveal()) + ":" +
                base64(server.reveal()));
}

Result<Secret> in_form(const Secret& secret, SecretForm form, const std::string& name) {
  if (secret.empty() && (form == SecretForm::sha256_hex || form == SecretForm::scram_sha_256))
    return fail("a password is empty", name, "it would let everybody in", "set one: keelson secret rotate " + name);
  switch (form) {
    case SecretForm::plain: return secret;
    case SecretForm::sha256_hex: return Secret(sha256_hex(secret.reveal()));
    case SecretForm::scram_sha_256: return scram(secret, name);
    case SecretForm::double_quoted: return double_quoted(secret, name);
  }
  return fail("unknown form of a secret", name);
}

Result<Secret> materialise(const Text& text, const SecretLookup& lookup) {
  std::vector<Secret> filled;
  std::size_t size = 0;
  for (const Text::Piece& piece : text.pieces()) {
    if (const auto* literal = std::get_if<std::string>(&piece)) {
      size += literal->size();
      continue;
    }
    const auto& ref = std::get<SecretRef>(piece);
    KEELSON_TRY(const Secret secret, lookup(ref.name));
    KEELSON_TRY(Secret formed, in_form(secret, ref.form, ref.name));
    size += formed.reveal().size();
    filled.push_back(std::move(formed));
  }
  std::string out;
  out.reserve(size);
  auto next = filled.begin();
  for (const Text::Piece& piece : text.pieces()) {
    if (const auto* literal = std::get_if<std::string>(&piece)) out += *literal;
    else out += (next++)->reveal();
  }
  return Secret(std::move(out));
}

}  // namespace keelson
