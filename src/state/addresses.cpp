#include "state/addresses.h"

namespace keelson::state {

Result<std::map<std::string, int>> Addresses::load() {
  std::map<std::string, int> book;
  KEELSON_CHECK(database_.each("SELECT name, octet FROM address", {},
                               [&](const Row& row) { book[row.text(0)] = static_cast<int>(row.number(1)); }));
  return book;
}

Result<void> Addresses::save(const std::map<std::string, int>& book) {
  KEELSON_TRY(const auto kept, load());
  if (kept == book) return {};  // a second `up` writes nothing
  return database_.transaction([&]() -> Result<void> {
    KEELSON_CHECK(database_.run("DELETE FROM address"));
    for (const auto& [name, octet] : book)
      KEELSON_CHECK(database_.run("INSERT INTO address VALUES (?, ?)", {name, static_cast<std::int64_t>(octet)}));
    return {};
  });
}

}  // namespace keelson::state
