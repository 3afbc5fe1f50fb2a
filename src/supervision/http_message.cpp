#include "supervision/http_message.h"

#include <strings.h>

#include <charconv>
#include <utility>

namespace keelson {
namespace {

bool same(std::string_view a, std::string_view b) { return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0; }

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

std::optional<std::size_t> number(std::string_view text, int base) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

unexpected<Error> malformed(std::string why) { return fail("not an HTTP reply", {}, std::move(why)); }

}  // namespace

Result<std::optional<HttpReply>> HttpReplyParser::feed(std::string_view bytes) {
  taken_ += bytes.size();
  if (taken_ > limit_) return malformed("longer than " + std::to_string(limit_) + " bytes");
  buffer_ += bytes;
  for (;;) {
    KEELSON_TRY(const Step next, step());
    if (next == Step::need_more) return std::optional<HttpReply>{};
    if (next == Step::again) continue;
    taken_ = buffer_.size();
    state_ = State::headers;
    return std::optional<HttpReply>(std::exchange(reply_, {}));
  }
}

Result<HttpReply> HttpReplyParser::end() {
  if (state_ != State::until_end) return malformed("the connection ended too early");
  reply_.body += std::exchange(buffer_, {});
  reply_.keep_alive = false;
  return std::exchange(reply_, {});
}

std::optional<std::string> HttpReplyParser::line() {
  const auto end = buffer_.find("\r\n");
  if (end == std::string::npos) return std::nullopt;
  std::string text = buffer_.substr(0, end);
  buffer_.erase(0, end + 2);
  return text;
}

Result<void> HttpReplyParser::read_headers(std::string_view head) {
  const auto first_end = head.find("\r\n");
  const std::string_view first = head.substr(0, first_end);
  if (!first.starts_with("HTTP/1.") || first.size() < 12 || first[8] != ' ') return malformed("bad status line");
  const auto status = number(first.substr(9, 3), 10);
  if (!status) return malformed("bad status line");
  reply_ = {};
  reply_.status = static_cast<int>(*status);
  reply_.keep_alive = first[7] == '1';
  bool chunked = false;
  std::optional<std::size_t> length;
  std::string_view rest = first_end == std::string_view::npos ? std::string_view{} : head.substr(first_end + 2);
  while (!rest.empty()) {
    const auto end = rest.find("\r\n");
    const std::string_view header = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 2);
    const auto colon = header.find(':');
    if (colon == std::string_view::npos) return malformed("a header without a colon");
    const std::string_view key = header.substr(0, colon), value = trim(header.substr(colon + 1));
    if (same(key, "content-length")) {
      length = number(value, 10);
      if (!length || *length > limit_) return malformed("bad or too large Content-Length");
    }
    if (same(key, "transfer-encoding")) chunked = same(value, "chunked");
    if (same(key, "connection") && same(value, "close")) reply_.keep_alive = false;
    if (same(key, "connection") && same(value, "keep-alive")) reply_.keep_alive = true;
  }
  if (reply_.status == 204 || reply_.status == 304) length = 0;
  if (chunked) state_ = State::chunk_size;
  else if (length) { state_ = State::fixed; left_ = *length; }
  else state_ = State::until_end;
  return {};
}

/// One step with what is in the buffer.
Result<HttpReplyParser::Step> HttpReplyParser::step() {
  switch (state_) {
    case State::headers: {
      const auto end = buffer_.find("\r\n\r\n");
      if (end == std::string::npos) return Step::need_more;
      const std::string head = buffer_.substr(0, end);
      buffer_.erase(0, end + 4);
      if (head.starts_with("HTTP/1.1 1")) return Step::again;  // 100 Continue and its like: the real one follows
      KEELSON_CHECK(read_headers(head));
      return Step::again;
    }
    case State::fixed:
    case State::chunk:
      if (buffer_.size() < left_) return Step::need_more;
      reply_.body.append(buffer_, 0, left_);
      buffer_.erase(0, left_);
      if (state_ == State::fixed) return Step::done;
      state_ = State::chunk_end;
      return Step::again;
    case State::chunk_end:
      if (buffer_.size() < 2) return Step::need_more;
      if (!buffer_.starts_with("\r\n")) return malformed("a chunk of another size than told");
      buffer_.erase(0, 2);
      state_ = State::chunk_size;
      return Step::again;
    case State::chunk_size: {
      const auto text = line();
      if (!text) return Step::need_more;
      const auto size = number(trim(std::string_view(*text).substr(0, text->find(';'))), 16);
      if (!size || *size > limit_) return malformed("bad chunk size");
      left_ = *size;
      state_ = left_ == 0 ? State::trailer : State::chunk;
      return Step::again;
    }
    case State::trailer: {
      const auto text = line();
      if (!text) return Step::need_more;
      return text->empty() ? Step::done : Step::again;
    }
    case State::until_end: return Step::need_more;
  }
  return Step::need_more;
}

}  // namespace keelson
