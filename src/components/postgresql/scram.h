#pragma once
#include <string>
#include <string_view>

#include "base/secret.h"

namespace keelson::postgresql {

/// True when `verifier` (pg_authid.rolpassword, "SCRAM-SHA-256$<iterations>:<salt>$<stored>:<server>", RFC 5803) was made
/// from `password`. Passwords outside ASCII are normalised by PostgreSQL before hashing (RFC 4013); for them any verifier of
/// that form counts as fitting, because keelson does not repeat that normalisation.
bool fits(std::string_view verifier, const Secret& password);

}  // namespace keelson::postgresql
