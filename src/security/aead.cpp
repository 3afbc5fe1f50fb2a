#include "security/aead.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <memory>

namespace keelson {
namespace {

constexpr std::size_t kKeyBytes = 32;
using Context = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

const unsigned char* raw(std::string_view bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }
unsigned char* raw(std::string& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }
int length(std::string_view bytes) { return static_cast<int>(bytes.size()); }

}  // namespace

Result<std::string> aead_seal(const Secret& key, std::string_view nonce, std::string_view header, std::string_view plain) {
  if (key.reveal().size() != kKeyBytes || nonce.size() != kAeadNonceBytes) return fail("cannot encrypt", {}, "key or nonce has the wrong size");
  const Context context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  std::string out(plain.size() + kAeadTagBytes, '\0');
  int written = 0, last = 0;
  const bool sealed = context && EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, raw(key.reveal()), raw(nonce)) == 1 &&
                      EVP_EncryptUpdate(context.get(), nullptr, &written, raw(header), length(header)) == 1 &&
                      EVP_EncryptUpdate(context.get(), raw(out), &written, raw(plain), length(plain)) == 1 &&
                      EVP_EncryptFinal_ex(context.get(), raw(out) + written, &last) == 1 &&
                      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kAeadTagBytes, raw(out) + plain.size()) == 1;
  if (!sealed) return fail("cannot encrypt", {}, "OpenSSL refused AES-256-GCM");
  return out;
}

std::optional<Secret> aead_open(const Secret& key, std::string_view nonce, std::string_view header, std::string_view sealed) {
  if (key.reveal().size() != kKeyBytes || nonce.size() != kAeadNonceBytes || sealed.size() < kAeadTagBytes) return std::nullopt;
  const std::string_view cipher = sealed.substr(0, sealed.size() - kAeadTagBytes);
  std::string tag(sealed.substr(cipher.size()));
  const Context context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  std::string out(cipher.size(), '\0');
  int written = 0, last = 0;
  const bool opened = context && EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, raw(key.reveal()), raw(nonce)) == 1 &&
                      EVP_DecryptUpdate(context.get(), nullptr, &written, raw(header), length(header)) == 1 &&
                      EVP_DecryptUpdate(context.get(), raw(out), &written, raw(cipher), length(cipher)) == 1 &&
                      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kAeadTagBytes, raw(tag)) == 1 &&
                      EVP_DecryptFinal_ex(context.get(), raw(out) + written, &last) == 1;
  if (!opened) {
    OPENSSL_cleanse(out.data(), out.size());
    return std::nullopt;
  }
  return Secret(std::move(out));
}

}  // namespace keelson
