#include "state/drill_log.h"

namespace keelson::state {
namespace {

constexpr std::string_view kColumns = "SELECT at_ms, component, fault, verdict, card FROM drill ";

DrillRecord record_of(const Row& row) {
  return {.component = row.text(1), .fault = row.text(2), .verdict = row.text(3), .card = parse_json(row.text(4)).value_or(Json()), .at_ms = row.number(0)};
}

}  // namespace

Result<void> DrillLog::append(const DrillRecord& record) {
  return database_.transaction([&]() -> Result<void> {
    const std::string card = record.card.dump();
    KEELSON_CHECK(database_.run("INSERT INTO drill (at_ms, component, fault, verdict, card) VALUES (?, ?, ?, ?, ?)",
                                {clock_.wall_ms(), record.component, record.fault, record.verdict, card}));
    return database_.run("DELETE FROM drill WHERE seq <= ?", {database_.last_id() - keep_});
  });
}

Result<std::vector<DrillRecord>> DrillLog::list(int limit) {
  std::vector<DrillRecord> out;
  KEELSON_CHECK(database_.each(std::string(kColumns) + "ORDER BY seq DESC LIMIT ?", {static_cast<std::int64_t>(limit)},
                               [&](const Row& row) { out.push_back(record_of(row)); }));
  return out;
}

Result<std::optional<DrillRecord>> DrillLog::last(const std::string& component, const std::string& fault) {
  std::optional<DrillRecord> out;
  KEELSON_CHECK(database_.each(std::string(kColumns) + "WHERE component = ? AND fault = ? ORDER BY seq DESC LIMIT 1", {component, fault},
                               [&](const Row& row) { out = record_of(row); }));
  return out;
}

}  // namespace keelson::state
