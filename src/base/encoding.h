#pragma once
#include <map>
#include <string>
#include <string_view>

#include "base/json.h"

namespace keelson {

/// Two digits a byte, lower case.
std::string hex(std::string_view bytes);

/// For a part of a URL: all but the unreserved characters of RFC 3986 (2.3) as %XX.
std::string percent_encoded(std::string_view text);

/// An object of strings, and back; what is no string there is "".
Json string_map_json(const std::map<std::string, std::string>& map);
std::map<std::string, std::string> string_map_from(const Json& json);

}  // namespace keelson
