#include "blueprint/images.h"

#include <algorithm>
#include <cctype>

namespace keelson {
namespace {

constexpr std::size_t kLongestName = 255, kLongestTag = 128, kDigestDigits = 64;
constexpr std::string_view kDigestPrefix = "sha256:";

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_alnum(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

template <typename Allowed>
bool all_of(std::string_view text, Allowed allowed) { return std::all_of(text.begin(), text.end(), allowed); }

/// "redis", "my-shop": lower case, joined by one of . _ - , two _ or any number of -.
bool is_path_part(std::string_view part) {
  if (part.empty() || !is_lower_or_digit(part.front()) || !is_lower_or_digit(part.back())) return false;
  for (std::size_t at = 0; at < part.size();) {
    if (is_lower_or_digit(part[at])) { ++at; continue; }
    const std::size_t end = std::find_if(part.begin() + static_cast<std::ptrdiff_t>(at), part.end(), is_lower_or_digit) - part.begin();
    const std::string_view joint = part.substr(at, end - at);
    if (joint != "." && joint != "_" && joint != "__" && joint.find_first_not_of('-') != std::string_view::npos) return false;
    at = end;
  }
  return true;
}

/// What stands before the first slash is a host when it cannot be a part of a path: Docker decides so, too.
bool is_host(std::string_view part) { return part == "localhost" || part.find_first_of(".:") != std::string_view::npos || std::any_of(part.begin(), part.end(), [](char c) { return c >= 'A' && c <= 'Z'; }); }

bool is_host_and_port(std::string_view part) {
  const std::size_t colon = part.find(':');
  const std::string_view host = part.substr(0, colon), port = colon == std::string_view::npos ? std::string_view() : part.substr(colon + 1);
  if (colon != std::string_view::npos && (port.empty() || port.size() > 5 || !all_of(port, [](char c) { return c >= '0' && c <= '9'; }))) return false;
  return !host.empty() && is_alnum(host.front()) && is_alnum(host.back()) && all_of(host, [](char c) { return is_alnum(c) || c == '.' || c == '-'; });
}

bool is_tag(std::string_view tag) {
  return !tag.empty() && tag.size() <= kLongestTag && (is_alnum(tag.front()) || tag.front() == '_') && all_of(tag, [](char c) { return is_alnum(c) || c == '_' || c == '.' || c == '-'; });
}

bool is_digest(std::string_view digest) {
  if (!digest.starts_with(kDigestPrefix)) return false;
  digest.remove_prefix(kDigestPrefix.size());
  return digest.size() == kDigestDigits && all_of(digest, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::string fault_of_name(std::string_view name) {
  if (name.empty()) return "has no name";
  if (name.size() > kLongestName) return "has a name longer than 255 characters";
  if (const std::size_t slash = name.find('/'); slash != std::string_view::npos && is_host(name.substr(0, slash))) {
    if (!is_host_and_port(name.substr(0, slash))) return "has a registry that is no host and port";
    name.remove_prefix(slash + 1);
  }
  for (std::size_t end = 0; end != std::string_view::npos;) {
    end = name.find('/');
    if (!is_path_part(name.substr(0, end))) return "has a name that is not of a-z, 0-9 and . _ - between them";
    if (end != std::string_view::npos) name.remove_prefix(end + 1);
  }
  return {};
}

const SettingValue* entries(const Settings& top) {
  const auto found = top.find("images");
  return found == top.end() ? nullptr : &found->second;
}

}  // namespace

std::string fault_of_image(std::string_view reference) {
  const std::size_t at = reference.find('@');
  if (at != std::string_view::npos && !is_digest(reference.substr(at + 1))) return "has a digest that is not sha256: and 64 of 0-9 and a-f";
  reference = reference.substr(0, at);
  const std::size_t slash = reference.rfind('/'), colon = reference.rfind(':');
  if (colon != std::string_view::npos && (slash == std::string_view::npos || colon > slash)) {
    if (!is_tag(reference.substr(colon + 1))) return "has a tag that is not of letters, digits and _ . -";
    reference = reference.substr(0, colon);
  }
  return fault_of_name(reference);
}

void check_images(const Settings& top, const std::string& path, Problems& problems) {
  const SettingValue* list = entries(top);
  if (list == nullptr) return;
  for (const auto& [component, reference] : list->object())
    if (const std::string fault = fault_of_image(reference.text()); !fault.empty())
      problems.add({reference.mark, join(join(path, "images"), component), fault, {}, "write it like haproxy:2.6, registry.example.org/shop/orders:1.4 or name@sha256:…"});
}

std::vector<BlueprintImage> images(const Settings& top) {
  std::vector<BlueprintImage> out;
  if (const SettingValue* list = entries(top))
    for (const auto& [component, reference] : list->object()) out.push_back({component, reference.text(), reference.mark});
  return out;
}

}  // namespace keelson
