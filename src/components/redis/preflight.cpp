#include <charconv>

#include "components/redis/room.h"
#include "system/files.h"

namespace keelson::redis {
namespace {

/// RDB format that Redis 7.0 writes, and the newest it loads (RDB_VERSION in rdb.h; 7.2 writes 11).
constexpr int kNewestFormat = 10;
constexpr std::string_view kMagic = "REDIS";
constexpr std::size_t kHeader = 9;  // the magic and four digits

/// The format of a dump; 0 when the file is none.
int format_of(std::string_view start) {
  int format = 0;
  if (start.size() < kHeader || !start.starts_with(kMagic)) return 0;
  const char* const end = start.data() + kHeader;
  return std::from_chars(start.data() + kMagic.size(), end, format).ptr == end ? format : 0;
}

void look_at(Files& files, const std::string& path, const Member& member, Errors& problems) {
  const auto start = files.read_start(path, kHeader);
  if (!start) return;  // gone meanwhile, or a directory: Redis itself says what it thinks of that
  const int format = format_of(*start);
  if (format > kNewestFormat)
    problems.push_back({ErrorCode::preflight_refused, "was written by a newer Redis", path,
                        "its format is " + std::to_string(format) + ", and " + member.name + " is to run Redis 7.0, which reads up to " + std::to_string(kNewestFormat),
                        "move the data away, or copy the keys over from the newer Redis; nothing was touched"});
}

}  // namespace

/// Dumps: dump.rdb, and the base of the append-only file (Redis 7.0 docs, "Persistence").
Errors preflight(Files& files, const Component&, const Member& member) {
  Errors problems;
  const std::string& data = member.instances.front().place.data;
  look_at(files, data + "/dump.rdb", member, problems);
  const auto bases = files.list(data + "/appendonlydir");
  if (!bases) return problems;
  for (const std::string& name : *bases)
    if (name.ends_with(".base.rdb")) look_at(files, data + "/appendonlydir/" + name, member, problems);
  return problems;
}

}  // namespace keelson::redis
