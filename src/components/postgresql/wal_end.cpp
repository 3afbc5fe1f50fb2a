#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <charconv>

#include "components/postgresql/leadership.h"
#include "components/postgresql/wal_position.h"
#include "system/commands.h"

namespace keelson::postgresql {
namespace {

constexpr int kScanMs = 2'000;  // longer, and a restart in place is no slower

/// As the member's own user: what a damaged log makes of the program must not be root's.
CommandOptions as_owner(const LeaderFacts& facts) {
  CommandOptions options;
  options.timeout_ms = kScanMs;
  if (geteuid() != 0 || facts.user.empty()) return options;
  passwd entry{}, *found = nullptr;
  std::string buffer(16 << 10, '\0');
  if (getpwnam_r(facts.user.c_str(), &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) {
    options.uid = static_cast<int>(entry.pw_uid);
    options.gid = static_cast<int>(entry.pw_gid);
  }
  return options;
}

Result<CommandOutput> waldump(const LeaderFacts& facts, std::uint32_t timeline, std::uint64_t start, const char* what) {
  RealCommands commands;
  return commands.run({facts.waldump, "--path=" + facts.data + "/pg_wal", "--timeline=" + std::to_string(timeline), "--start=" + format_position(start), what},
                      as_owner(facts));
}

}  // namespace

Result<std::uint64_t> end_of_wal(const LeaderFacts& facts) {
  KEELSON_TRY(const ControlFile control, read_control_file(facts.data));
  // It ends where no further valid record can be read, and says where the last one began.
  KEELSON_TRY(const CommandOutput scan, waldump(facts, control.timeline, control.redo, "--quiet"));
  const auto last = last_record_in(scan.err);
  if (!last) return fail("the end of the write-ahead log cannot be found", facts.data, scan.err.substr(0, 200));
  KEELSON_TRY(const CommandOutput record, waldump(facts, control.timeline, *last, "--limit=1"));
  const auto length = record_length_in(record.out);
  if (!length) return fail("the last record of the write-ahead log cannot be read", facts.data, record.err.substr(0, 200));
  return end_of_record(*last, *length);
}

}  // namespace keelson::postgresql
