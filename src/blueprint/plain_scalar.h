#pragma once
#include <string_view>

namespace keelson {

/// What a YAML reader may take an unquoted scalar for, when that is not text: "YAML 1.1 reads it as a boolean". "" when
/// every version agrees that it is text. Sources: yaml.org/type (1.1), YAML 1.2.2 section 10.3.2 (core schema).
std::string_view other_reading(std::string_view plain);

/// True when the versions of YAML do not agree on what the scalar is, or it is a number in disguise: 010, 0o17, 1_000,
/// 22:30. A plain decimal number, true and false are what they look like.
bool surprises(std::string_view plain);

}  // namespace keelson
