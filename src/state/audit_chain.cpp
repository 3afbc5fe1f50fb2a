#include "state/audit_chain.h"

#include "system/digest.h"

namespace keelson::state {
namespace {

const std::string kGenesis(64, '0');

/// Each field is preceded by its length, so that no two records read the same.
std::string record_hash(const std::string& previous, std::int64_t seq, std::int64_t at_ms, std::string_view who,
                        std::string_view command, std::string_view outcome) {
  std::string text = "keelson audit 1\n" + previous + "\n" + std::to_string(seq) + "\n" + std::to_string(at_ms) + "\n";
  for (const std::string_view field : {who, command, outcome}) {
    text += std::to_string(field.size()) + ":";
    text += field;
  }
  return sha256_hex(text);
}

}  // namespace

Result<AuditHead> AuditChain::head() {
  AuditHead head{0, kGenesis};
  KEELSON_CHECK(database_.each("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1", {},
                               [&](const Row& row) { head = {row.number(0), row.text(1)}; }));
  return head;
}

Result<AuditHead> AuditChain::append(std::string_view who, std::string_view command, std::string_view outcome) {
  return database_.transaction([&]() -> Result<AuditHead> {
    KEELSON_TRY(const AuditHead last, head());
    const std::int64_t at_ms = clock_.wall_ms();
    AuditHead next{last.seq + 1, record_hash(last.hash, last.seq + 1, at_ms, who, command, outcome)};
    KEELSON_CHECK(database_.run("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?)",
                                {next.seq, at_ms, who, command, outcome, last.hash, next.hash}));
    return next;
  });
}

Result<std::optional<AuditBreak>> AuditChain::verify() {
  return database_.transaction([&] { return check(); });  // one view: an append meanwhile is not a missing record
}

Result<std::optional<AuditBreak>> AuditChain::check() {
  std::optional<AuditBreak> broken;
  AuditHead last{0, kGenesis};
  KEELSON_CHECK(database_.each(
      "SELECT seq, at_ms, who, command, outcome, previous, hash FROM audit ORDER BY seq", {}, [&](const Row& row) {
        if (broken) return;
        const std::int64_t seq = row.number(0);
        const std::string previous = row.text(5), hash = row.text(6);
        if (seq != last.seq + 1) broken = AuditBreak{last.seq + 1, "the record is missing"};
        else if (previous != last.hash) broken = AuditBreak{seq, "it does not follow the record before it"};
        else if (record_hash(previous, seq, row.number(1), row.text(2), row.text(3), row.text(4)) != hash)
          broken = AuditBreak{seq, "its content does not match its hash"};
        last = {seq, hash};
      }));
  if (broken) return broken;
  // SQLite remembers the highest seq it ever gave out: records cut off at the end leave this trace.
  KEELSON_CHECK(database_.each("SELECT seq FROM sqlite_sequence WHERE name = 'audit'", {}, [&](const Row& row) {
    if (row.number(0) > last.seq) broken = AuditBreak{last.seq + 1, "the record is missing"};
  }));
  return broken;
}

}  // namespace keelson::state
