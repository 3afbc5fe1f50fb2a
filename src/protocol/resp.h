#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "protocol/tls_client.h"

namespace keelson {

/// One value of the Redis serialization protocol, version 2 (redis.io/docs/reference/protocol-spec).
struct RespValue {
  enum class Kind { simple, error, integer, bulk, null, array };
  Kind kind = Kind::null;
  std::string text = {};            ///< simple, error ("NOREPLICAS …", without the minus), bulk
  std::int64_t number = 0;          ///< integer
  std::vector<RespValue> items = {};///< array

  bool is_error() const { return kind == Kind::error; }
  bool is_text() const { return kind == Kind::simple || kind == Kind::bulk; }
  bool is_array() const { return kind == Kind::array; }
  /// The text of item `index`; "" when there is none or it is no text.
  std::string_view text_at(std::size_t index) const;
  /// For replies that list names and values in turn (SENTINEL MASTER, CONFIG GET): the value after `name`, or nothing.
  std::optional<std::string> value_of(std::string_view name) const;
  bool operator==(const RespValue&) const = default;
};

/// What a reply may cost. Beyond it the decoder refuses, whatever the other side promises.
struct RespLimits {
  std::size_t bytes = 16 << 20;   ///< one whole reply
  std::size_t items = 65'536;     ///< elements of one reply, nested ones counted
  std::size_t depth = 16;
};

/// Turns bytes into values, however they are cut. After an error it stays in error: the stream cannot be trusted again.
class RespDecoder {
 public:
  explicit RespDecoder(RespLimits limits = {}) : limits_(limits) {}
  void feed(std::string_view bytes) { buffer_ += bytes; }
  /// The next whole value, nothing while it is incomplete, an error for bytes that are no RESP2 or beyond the limits.
  Result<std::optional<RespValue>> next();

 private:
  RespLimits limits_;
  std::string buffer_;
  std::size_t wanted_ = 1;  ///< bytes the buffer must hold before parsing again can succeed
  bool broken_ = false;
};

/// A command as an array of bulk strings: arguments may hold any bytes.
std::string encode_command(const std::vector<std::string>& arguments);

/// One connection to a Redis or a Sentinel. Blocking; one thread at a time.
class RespClient {
 public:
  static Result<RespClient> connect(const Dial& dial, Deadline deadline);
  /// AUTH user password; the error never holds the password.
  Result<void> authenticate(const std::string& user, const Secret& password, Deadline deadline);
  /// Sends and waits for the reply. An error reply is a value (kind error): callers often expect one.
  Result<RespValue> command(const std::vector<std::string>& arguments, Deadline deadline);
  /// The same, but an error reply is an Error too.
  Result<RespValue> expect(const std::vector<std::string>& arguments, Deadline deadline);

 private:
  explicit RespClient(TlsClient client) : client_(std::move(client)) {}
  Result<RespValue> reply(Deadline deadline);
  TlsClient client_;
  RespDecoder decoder_;
};

}  // namespace keelson
