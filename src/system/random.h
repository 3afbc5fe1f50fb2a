#pragma once
#include <cstddef>
#include <string>

#include "base/secret.h"

namespace keelson {

/// Where randomness comes from; the real one is OpenSSL's CSPRNG and aborts when that fails.
class Random {
 public:
  virtual ~Random() = default;
  virtual std::string bytes(std::size_t count) = 0;
  /// `length` characters of [A-Za-z0-9], uniform.
  Secret password(std::size_t length);
};

class RealRandom : public Random {
 public:
  std::string bytes(std::size_t count) override;
};

}  // namespace keelson
