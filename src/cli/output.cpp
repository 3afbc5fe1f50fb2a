#include "cli/output.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "system/clock.h"

namespace keelson::cli {
namespace {

/// Writes all of it; 0 or errno.
int write_all(int descriptor, std::string_view data) {
  while (!data.empty()) {
    const ssize_t written = ::write(descriptor, data.data(), data.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    data.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

std::string_view escape(Colour colour) {
  switch (colour) {
    case Colour::none: return "";
    case Colour::green: return "\x1b[32m";
    case Colour::yellow: return "\x1b[33m";
    case Colour::red: return "\x1b[31m";
    case Colour::dim: return "\x1b[2m";
    case Colour::bold: return "\x1b[1m";
  }
  return "";
}

/// Appends `json` as a block at `depth`; the cursor stands after "key:" or "-" and nothing else.
void write_yaml(std::string& out, const Json& json, std::size_t depth) {
  const std::string pad(depth * 2, ' ');
  if (json.is_object() && !json.members().empty()) {
    for (const auto& [key, value] : json.members()) {
      out += "\n" + pad + Json(key).dump() + ":";
      write_yaml(out, value, depth + 1);
    }
    return;
  }
  if (json.is_array() && !json.items().empty()) {
    for (const Json& item : json.items()) {
      out += "\n" + pad + "-";
      write_yaml(out, item, depth + 1);
    }
    return;
  }
  out += " " + json.dump();  // scalars, [] and {}: JSON is YAML
}

}  // namespace

Output::Output(int out, int err) : out_(out), err_(err), out_terminal_(::isatty(out) == 1), err_terminal_(::isatty(err) == 1) {
  const char* no_colour = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  out_colours_ = out_terminal_ && (no_colour == nullptr || *no_colour == '\0') && (term == nullptr || std::strcmp(term, "dumb") != 0);
}

bool Output::structured() const { return format_ == Format::json || format_ == Format::yaml || format_ == Format::ndjson; }

void Output::print(std::string_view data) {
  if (gone_ || write_error_ != 0 || data.empty()) return;
  wrote_ = true;
  const int problem = write_all(out_, data);
  if (problem == EPIPE) gone_ = true;
  else write_error_ = problem;
}

void Output::document(const Json& json) {
  if (format_ == Format::yaml) return print(yaml_text(json));
  const bool pretty = format_ != Format::ndjson;
  print(json.dump(pretty ? 2 : -1) + "\n");
}

void Output::note(std::string_view text) {
  const std::string line = std::string(text) + "\n";
  static_cast<void>(write_all(err_, line));  // nobody is left to tell
}

int Output::errors(const Errors& errors) {
  for (const Error& error : errors) note("keelson: " + describe(error));
  if (structured() && !wrote_) {
    RealClock clock;
    document(error_json(errors, rfc3339(clock.wall_ms())));
  }
  return errors.empty() ? 1 : exit_code(errors.front().code);
}

int Output::finish(int code) {
  if (write_error_ == 0) return code;
  note(std::string("keelson: cannot write to standard output: ") + std::strerror(write_error_));
  return code == 0 ? 1 : code;
}

std::string Output::coloured(std::string_view text, Colour colour) const {
  if (!out_colours_ || colour == Colour::none) return std::string(text);
  return std::string(escape(colour)) + std::string(text) + "\x1b[0m";
}

std::string yaml_text(const Json& json) {
  std::string out;
  write_yaml(out, json, 0);
  out.erase(0, 1);  // the newline or space before the first element
  return out + "\n";
}

Json error_json(const Errors& errors, const std::string& observed_at) {
  Json list = Json::array();
  for (const Error& error : errors)
    list.push(Json::object()
                  .set("code", Json(name(error.code)))
                  .set("what", error.what)
                  .set("where", error.where)
                  .set("why", error.why)
                  .set("next", error.next));
  return Json::object().set("schema", "keelson.error/v1").set("observed_at", observed_at).set("errors", std::move(list));
}

Json document_head(std::string_view name) {
  RealClock clock;
  return Json::object().set("schema", "keelson." + std::string(name) + "/v1").set("observed_at", rfc3339(clock.wall_ms()));
}

}  // namespace keelson::cli
