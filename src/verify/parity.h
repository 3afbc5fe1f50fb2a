#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace keelson {

/// Whether a runtime keeps a promise, as its last report says.
struct ParityCell {
  enum class Kept { yes, not_applicable, no, not_tried } kept = Kept::not_tried;
  std::string why = {};  ///< when it is neither kept nor not tried
};
std::string_view word(ParityCell::Kept kept);  ///< "kept", "not applicable", "not kept", "not tried"

struct ParityRow {
  std::string id;
  std::string title;
  std::map<std::string, ParityCell> cells = {};  ///< by runtime
};

/// The promises as rows, the runtimes as columns.
struct Parity {
  std::vector<std::string> runtimes = {};                     ///< those that were tried: native, compose, kubernetes
  std::map<std::string, std::string> observed_at = {};        ///< by runtime
  std::vector<ParityRow> rows = {};                           ///< in the order of promises.md

  /// A promise that one runtime keeps and another does not, or that none keeps.
  bool has_gap() const;
};

/// Of reports (keelson.verify/v1, of a whole `verify`), one for each runtime; of several for one the last counts. A report of other checks than this keelson's
/// leaves cells not tried. Fails on what is no such report. Pure.
Result<Parity> parity_of(const std::vector<Json>& reports);

/// keelson.parity/v1: {schema, runtimes:[{name, observed_at}], promises:[{id, title, runtimes:{NAME: {kept, why}}}]}, without observed_at of its own. Pure.
Json parity_json(const Parity& parity);
/// A Markdown table; why a promise is not kept is below it, by number. Pure.
std::string parity_markdown(const Parity& parity);

}  // namespace keelson
