#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "component/text.h"

namespace keelson {

/// Rounds of PBKDF2 in a SCRAM verifier: PostgreSQL 15's own number.
inline constexpr int kScramIterations = 4096;

/// Answers a secret by its name.
using SecretLookup = std::function<Result<Secret>(const std::string& name)>;

/// The bytes of a rendered file: each reference in `text` replaced by its secret in the form it asks for. Repeatable: the
/// same text and secrets give the same bytes. The first reference that cannot be filled is the error; it names the secret.
Result<Secret> materialise(const Text& text, const SecretLookup& lookup);

/// One secret in one form. `name` seeds the salt of a SCRAM verifier and stands in errors.
/// double_quoted refuses line breaks and NUL (the files are line by line); scram_sha_256 refuses what SASLprep (RFC 4013)
/// could change, that is everything but ASCII; those and sha256_hex refuse an empty secret.
Result<Secret> in_form(const Secret& secret, SecretForm form, const std::string& name);

/// A verifier as PostgreSQL stores it: SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>, the last three in base64
/// (RFC 5803, RFC 7677; PostgreSQL 15 section 53.8 pg_authid). `password` is already prepared.
Result<Secret> scram_verifier(std::string_view password, std::string_view salt, int iterations);

}  // namespace keelson
