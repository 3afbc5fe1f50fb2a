#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace keelson {

/// An HTTP/1.1 response as far as probes and the agent's client need it.
struct HttpReply {
  int status = 0;
  std::string body = {};
  bool keep_alive = true;
};

/// Takes a response apart as its bytes come: status line, headers, a body by Content-Length, chunked, or up to the end of the
/// connection (RFC 9112 sections 4 and 6). Refuses more than `limit` bytes of headers and body together. Answers to HEAD, 204
/// and 304 have no body. After an error it must not be fed again.
class HttpReplyParser {
 public:
  explicit HttpReplyParser(std::size_t limit = 64 << 10) : limit_(limit) {}
  /// The whole reply when the bytes complete it.
  Result<std::optional<HttpReply>> feed(std::string_view bytes);
  /// The connection ended: that completes a reply whose length nobody told.
  Result<HttpReply> end();

 private:
  enum class State { headers, fixed, chunk_size, chunk, chunk_end, trailer, until_end };
  enum class Step { need_more, again, done };
  Result<void> read_headers(std::string_view head);
  Result<Step> step();
  std::optional<std::string> line();

  std::size_t limit_;
  std::size_t taken_ = 0;
  State state_ = State::headers;
  std::string buffer_;
  std::size_t left_ = 0;  ///< of the body or the chunk
  HttpReply reply_;
};

}  // namespace keelson
