// The RESP decoder must give the same values however the bytes are cut, and never crash, hang or grow beyond its limits.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <vector>

#include "protocol/resp.h"

namespace {

struct Decoded {
  std::vector<keelson::RespValue> values;
  bool broken = false;
  bool operator==(const Decoded&) const = default;
};

Decoded decode(std::string_view bytes, std::size_t piece) {
  keelson::RespDecoder decoder({.bytes = 4096, .items = 256, .depth = 8});
  Decoded out;
  while (!bytes.empty() && !out.broken) {
    decoder.feed(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    while (true) {
      auto value = decoder.next();
      out.broken = !value;
      if (!value || !*value) break;
      out.values.push_back(std::move(**value));
    }
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Shorter than the limit: beyond it the answer may depend on how much came at once.
  if (size == 0 || size > 2048) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Decoded whole = decode(bytes, size);
  if (!(whole == decode(bytes, 1)) || !(whole == decode(bytes, 7))) std::abort();
  return 0;
}
