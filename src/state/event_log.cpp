#include "state/event_log.h"

namespace keelson::state {
namespace {

Value optional_text(const std::optional<std::string>& text) {
  if (!text) return nullptr;
  return std::string_view(*text);
}

}  // namespace

Json to_json(const Event& event) {
  Json json = Json::object();
  json.set("seq", event.seq).set("at", rfc3339(event.at_ms)).set("kind", event.kind);
  json.set("component", event.component).set("member", event.member).set("reason", event.reason);
  if (event.decision) json.set("decision", *event.decision);
  if (event.failed_condition) json.set("failed_condition", *event.failed_condition);
  return json;
}

Result<std::int64_t> EventLog::append(const Event& event) {
  return database_.transaction([&]() -> Result<std::int64_t> {
    KEELSON_CHECK(database_.run(
        "INSERT INTO event (at_ms, kind, component, member, reason, decision, failed_condition) VALUES (?, ?, ?, ?, ?, ?, ?)",
        {clock_.wall_ms(), event.kind, event.component, event.member, event.reason, optional_text(event.decision),
         optional_text(event.failed_condition)}));
    const std::int64_t seq = database_.last_id();
    KEELSON_CHECK(database_.run("DELETE FROM event WHERE seq <= ?", {seq - keep_}));
    return seq;
  });
}

Result<std::vector<Event>> EventLog::read(std::int64_t after, int limit) {
  std::vector<Event> events;
  KEELSON_CHECK(database_.each(
      "SELECT seq, at_ms, kind, component, member, reason, decision, failed_condition FROM event WHERE seq > ? ORDER BY seq LIMIT ?",
      {after, static_cast<std::int64_t>(limit)}, [&](const Row& row) {
        Event event{row.text(2), row.text(3), row.text(4), row.text(5)};
        if (!row.is_null(6)) event.decision = row.text(6);
        if (!row.is_null(7)) event.failed_condition = row.text(7);
        event.seq = row.number(0);
        event.at_ms = row.number(1);
        events.push_back(std::move(event));
      }));
  return events;
}

Result<std::int64_t> EventLog::last_seq() {
  std::int64_t seq = 0;
  KEELSON_CHECK(database_.each("SELECT coalesce(max(seq), 0) FROM event", {}, [&](const Row& row) { seq = row.number(0); }));
  return seq;
}

}  // namespace keelson::state
