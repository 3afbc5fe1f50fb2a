#pragma once
#include <fmt/format.h>

#include <ostream>
#include <string>
#include <string_view>
#include <utility>

namespace keelson {

/// A value that must not leave by accident: it cannot be printed, formatted, compared or implicitly converted, and its
/// bytes are overwritten when it dies or is moved from. `reveal()` is the one way out; searching for that word finds
/// every use. The bytes are arbitrary (quotes, `$`, emoji); nothing may interpret them.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string bytes) : bytes_(std::move(bytes)) {}
  Secret(const Secret&) = default;
  Secret& operator=(const Secret& other) {
    if (this != &other) { wipe(); bytes_ = other.bytes_; }
    return *this;
  }
  Secret(Secret&& other) noexcept : bytes_(other.bytes_) { other.wipe(); }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) { wipe(); bytes_ = other.bytes_; other.wipe(); }
    return *this;
  }
  ~Secret() { wipe(); }

  /// The bytes themselves. The view dies with the Secret.
  std::string_view reveal() const { return bytes_; }
  bool empty() const { return bytes_.empty(); }

  bool operator==(const Secret&) const = delete;
  friend std::ostream& operator<<(std::ostream&, const Secret&) = delete;

 private:
  void wipe() noexcept {
    volatile char* p = bytes_.data();
    for (std::size_t i = 0; i < bytes_.size(); ++i) p[i] = 0;
    bytes_.clear();
  }
  std::string bytes_;
};

}  // namespace keelson

template <>
struct fmt::formatter<keelson::Secret> {
  formatter() = delete;
};
