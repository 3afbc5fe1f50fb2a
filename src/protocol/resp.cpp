#include "protocol/resp.h"

#include <algorithm>
#include <charconv>

namespace keelson {
namespace {

constexpr std::size_t kLongestHeader = 64 * 1024;  // simple strings and errors are lines; Redis's own limit is the same

enum class Outcome { whole, incomplete, broken };

/// One pass over the buffer. Leaves `at` behind the value when it is whole, and `wanted` bytes when it is not.
struct Parse {
  std::string_view in;
  const RespLimits& limits;
  std::size_t at = 0;
  std::size_t items = 0;
  std::size_t wanted = 0;
  const char* why = "";

  Outcome broken(const char* reason) {
    why = reason;
    return Outcome::broken;
  }
  Outcome incomplete(std::size_t need) {
    wanted = need;
    return Outcome::incomplete;
  }

  Outcome line(std::string_view& out) {
    const std::size_t end = in.find('\r', at);
    if (end == std::string_view::npos || end + 1 == in.size()) {
      if (in.size() - at > kLongestHeader) return broken("a line is too long");
      return incomplete(in.size() + 1);
    }
    if (in[end + 1] != '\n') return broken("a line does not end in CR LF");
    out = in.substr(at, end - at);
    if (out.find('\n') != std::string_view::npos) return broken("a line does not end in CR LF");
    at = end + 2;
    return Outcome::whole;
  }

  static bool to_number(std::string_view text, std::int64_t& out) {
    if (!text.empty() && text[0] == '+') text.remove_prefix(1);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc() && end == text.data() + text.size();
  }

  Outcome bulk(std::int64_t size, RespValue& out) {
    if (size == -1) return Outcome::whole;  // null
    if (size < 0) return broken("a length is negative");
    const std::size_t bytes = static_cast<std::size_t>(size);
    if (bytes > limits.bytes) return broken("a value is too long");
    if (in.size() - at < bytes + 2) return incomplete(at + bytes + 2);
    if (in[at + bytes] != '\r' || in[at + bytes + 1] != '\n') return broken("a value does not end where it says");
    out.kind = RespValue::Kind::bulk;
    out.text.assign(in.substr(at, bytes));
    at += bytes + 2;
    return Outcome::whole;
  }

  Outcome array(std::int64_t size, RespValue& out, std::size_t depth) {
    if (size == -1) return Outcome::whole;  // null
    if (size < 0) return broken("a length is negative");
    if (depth >= limits.depth) return broken("arrays are nested too deeply");
    if (static_cast<std::uint64_t>(size) > limits.items - std::min(items, limits.items)) return broken("a reply has too many elements");
    items += static_cast<std::size_t>(size);
    out.kind = RespValue::Kind::array;
    for (std::int64_t i = 0; i < size; ++i)
      if (const Outcome outcome = value(out.items.emplace_back(), depth + 1); outcome != Outcome::whole) return outcome;
    return Outcome::whole;
  }

  Outcome value(RespValue& out, std::size_t depth) {
    if (at == in.size()) return incomplete(in.size() + 1);
    const char type = in[at];
    if (std::string_view("+-:$*").find(type) == std::string_view::npos) return broken("a value of unknown type");
    const std::size_t start = at++;
    std::string_view text;
    if (const Outcome outcome = line(text); outcome != Outcome::whole) {
      at = start;
      return outcome;
    }
    if (type == '+' || type == '-') {
      out.kind = type == '+' ? RespValue::Kind::simple : RespValue::Kind::error;
      out.text.assign(text);
      return Outcome::whole;
    }
    std::int64_t number = 0;
    if (!to_number(text, number)) return broken("a number is not one");
    if (type == '$') return bulk(number, out);
    if (type == '*') return array(number, out, depth);
    out.kind = RespValue::Kind::integer;
    out.number = number;
    return Outcome::whole;
  }
};

}  // namespace

std::string_view RespValue::text_at(std::size_t index) const {
  return index < items.size() && items[index].is_text() ? std::string_view(items[index].text) : std::string_view();
}

std::optional<std::string> RespValue::value_of(std::string_view name) const {
  for (std::size_t i = 0; i + 1 < items.size(); i += 2)
    if (items[i].is_text() && items[i].text == name && items[i + 1].is_text()) return items[i + 1].text;
  return std::nullopt;
}

Result<std::optional<RespValue>> RespDecoder::next() {
  if (broken_) return fail("not a Redis reply", {}, "the stream was broken before");
  if (buffer_.size() < wanted_) return std::nullopt;
  Parse parse{buffer_, limits_};
  RespValue value;
  Outcome outcome = parse.value(value, 0);
  if (outcome == Outcome::incomplete && buffer_.size() > limits_.bytes) outcome = parse.broken("a reply is too long");
  if (outcome == Outcome::broken) {
    broken_ = true;
    return fail("not a Redis reply", {}, parse.why);
  }
  if (outcome == Outcome::incomplete) {
    wanted_ = parse.wanted;
    return std::nullopt;
  }
  buffer_.erase(0, parse.at);
  wanted_ = 1;
  return value;
}

std::string encode_command(const std::vector<std::string>& arguments) {
  std::string out = "*" + std::to_string(arguments.size()) + "\r\n";
  for (const std::string& argument : arguments) {
    out += "$" + std::to_string(argument.size()) + "\r\n";
    out += argument;
    out += "\r\n";
  }
  return out;
}

Result<RespClient> RespClient::connect(const Dial& dial, Deadline deadline) {
  KEELSON_TRY(TlsClient client, TlsClient::connect(dial, deadline));
  return RespClient(std::move(client));
}

Result<void> RespClient::authenticate(const std::string& user, const Secret& password, Deadline deadline) {
  KEELSON_TRY(const RespValue answer, command({"AUTH", user, std::string(password.reveal())}, deadline));
  if (answer.is_error()) return fail("cannot log in as " + user, client_.where(), answer.text);
  return {};
}

Result<RespValue> RespClient::command(const std::vector<std::string>& arguments, Deadline deadline) {
  KEELSON_CHECK(client_.write(encode_command(arguments), deadline));
  return reply(deadline);
}

Result<RespValue> RespClient::expect(const std::vector<std::string>& arguments, Deadline deadline) {
  KEELSON_TRY(RespValue answer, command(arguments, deadline));
  if (answer.is_error()) return fail("refused " + (arguments.empty() ? std::string() : arguments[0]), client_.where(), answer.text);
  return answer;
}

Result<RespValue> RespClient::reply(Deadline deadline) {
  while (true) {
    auto value = decoder_.next();
    if (!value) {
      value.error().where = client_.where();
      return tl::unexpected(std::move(value).error());
    }
    if (*value) return std::move(**value);
    KEELSON_TRY(const std::string bytes, client_.read(deadline));
    if (bytes.empty()) return fail("no reply", client_.where(), "the other side closed the connection");
    decoder_.feed(bytes);
  }
}

}  // namespace keelson
