#include "components/postgresql/verbs.h"
#include "model/foundation.h"
#include "system/files.h"

namespace keelson::postgresql {
namespace {

constexpr std::size_t kLongestVersion = 16;

std::string first_word(const std::string& content) { return content.substr(0, content.find_first_of(" \r\n")); }

}  // namespace

/// PG_VERSION holds the major version that wrote the data directory (PostgreSQL 15 docs, 73.1), and no other can read it.
/// A directory without the file is one that was not finished: Patroni's to judge.
Errors preflight(Files& files, const Component& component, const Member& member) {
  const std::string data = member.instances.front().place.data + "/pgdata";
  const std::string path = data + "/PG_VERSION";
  const auto there = files.info(path);
  if (!there) return {there.error()};
  if (!*there) return {};
  const auto content = files.read_start(path, kLongestVersion);
  if (!content) return {Error{ErrorCode::preflight_refused, content.error().what, path, content.error().why, "put the data directory right or move it away"}};
  const std::string& wanted = text(component.settings, "version");
  const std::string found = first_word(*content);
  if (found == wanted) return {};
  return {{ErrorCode::preflight_refused, found.empty() ? "is the data of no known PostgreSQL" : "is the data of PostgreSQL " + found, data,
           member.name + " is to run PostgreSQL " + wanted + ", which reads no other", "move it away, or bring it to " + wanted + " with pg_upgrade or a dump first; nothing was touched"}};
}

}  // namespace keelson::postgresql
