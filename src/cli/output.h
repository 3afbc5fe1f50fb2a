#pragma once
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json.h"
#include "cli/options.h"

namespace keelson::cli {

enum class Colour { none, green, yellow, red, dim, bold };

/// The two streams of a verb: data to standard output, words to standard error. One per process; not thread-safe, except
/// `note`. A reader that went away (EPIPE) ends nothing: the rest is dropped and `reader_gone` says so. Any other write
/// error makes `finish` fail, so that a full disk is not taken for success.
class Output {
 public:
  /// Does not own the descriptors. Colours only on terminals and without NO_COLOR.
  Output(int out, int err);

  void set_format(Format format) { format_ = format; }
  Format format() const { return format_; }
  /// True when a program reads the data: json, yaml, ndjson.
  bool structured() const;
  bool out_is_terminal() const { return out_terminal_; }
  bool err_is_terminal() const { return err_terminal_; }
  int err() const { return err_; }

  void print(std::string_view data);
  /// One document, as -o says (json when -o is not a structured format). Adds the newline.
  void document(const Json& json);
  /// A line for people.
  void note(std::string_view text);

  /// Every error, told to people on standard error; when a program reads and nothing was written yet, also a
  /// keelson.error/v1 document on standard output. Returns the exit code (the first error's).
  int errors(const Errors& errors);
  int error(const Error& error) { return errors({error}); }

  bool reader_gone() const { return gone_; }
  /// The process's exit code: `code`, or 1 when data could not be written.
  int finish(int code);

  /// `text` in a colour when standard output takes colours.
  std::string coloured(std::string_view text, Colour colour) const;

 private:
  int out_;
  int err_;
  bool out_terminal_ = false;
  bool err_terminal_ = false;
  bool out_colours_ = false;
  Format format_ = Format::table;
  bool wrote_ = false;
  bool gone_ = false;
  int write_error_ = 0;
};

/// `json` as YAML 1.2: strings always double-quoted, so that no word turns into something else. Ends in a newline.
std::string yaml_text(const Json& json);

/// {"schema":"keelson.error/v1","observed_at":…,"errors":[{code,what,where,why,next}]}.
Json error_json(const Errors& errors, const std::string& observed_at);

/// Begins every JSON document: schema "keelson.<name>/v1" and observed_at = now.
Json document_head(std::string_view name);

}  // namespace keelson::cli
