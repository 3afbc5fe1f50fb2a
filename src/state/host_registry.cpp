#include "state/host_registry.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <sstream>

#include "state/schema.h"

namespace keelson::state {
namespace {

constexpr int kFirstUid = 70'000;
constexpr int kUidsEach = 100;

struct IdRange {
  int first, count;
};
constexpr IdRange kRootIds{1, 127};
constexpr IdRange kUserIds{128, 123};  // 128..250
constexpr int kFirstPlaceless = 1000;  // from here on: foundations that have no place on this machine

constexpr Migration kMigrations[] = {
    {"first", R"(
CREATE TABLE foundation (
  registered INTEGER PRIMARY KEY AUTOINCREMENT, id INTEGER NOT NULL UNIQUE, name TEXT NOT NULL, state_dir TEXT NOT NULL,
  at_ms INTEGER NOT NULL, UNIQUE (name, state_dir));
)"},
};

std::string block_of(int id) { return "127.77." + std::to_string(id); }

bool contains(const std::vector<int>& sorted, int value) { return std::binary_search(sorted.begin(), sorted.end(), value); }

}  // namespace

std::vector<int> listening_blocks(const std::string& proc_net_tcp) {
  constexpr std::string_view kListen = "0A";
  std::set<int> blocks;
  std::istringstream lines(proc_net_tcp);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string number, local, remote, state;
    fields >> number >> local >> remote >> state;
    if (state != kListen || local.size() < 9 || local[8] != ':') continue;
    // The kernel prints the address as a host-order integer of bytes in network order: copying it back restores the bytes.
    if (local.find_first_not_of("0123456789ABCDEFabcdef") != 8) continue;
    const auto printed = static_cast<std::uint32_t>(std::stoul(local.substr(0, 8), nullptr, 16));
    unsigned char bytes[4];
    std::memcpy(bytes, &printed, sizeof bytes);
    if (bytes[0] == 127 && bytes[1] == 77) blocks.insert(bytes[2]);
  }
  return {blocks.begin(), blocks.end()};
}

Result<std::unique_ptr<HostRegistry>> HostRegistry::open(const std::string& base, Files& files, Clock& clock, int uid,
                                                         ReadListeners read_listeners) {
  const std::string path = base + "/host.db";
  KEELSON_TRY(auto database, Database::open(path, Durability::full));
  KEELSON_CHECK(migrate(*database, clock, kMigrations, path));
  return std::unique_ptr<HostRegistry>(new HostRegistry(std::move(database), files, clock, uid, std::move(read_listeners)));
}

Result<std::vector<HostClaim>> HostRegistry::list() {
  std::vector<HostClaim> claims;
  KEELSON_CHECK(database_->each("SELECT id, name, state_dir FROM foundation WHERE id < ? ORDER BY registered", {std::int64_t{kFirstPlaceless}}, [&](const Row& row) {
    const int id = static_cast<int>(row.number(0));
    claims.push_back({id, row.text(1), row.text(2), block_of(id), kFirstUid + id * kUidsEach, claims.empty()});
  }));
  return claims;
}

/// A foundation whose directory somebody removed by hand must not keep its block, or the short names, for ever.
Result<void> HostRegistry::drop_dead(const std::vector<int>& listening) {
  KEELSON_TRY(const auto claims, list());
  for (const HostClaim& claim : claims) {
    KEELSON_TRY(const auto info, files_.info(claim.state_dir));
    if (info || contains(listening, claim.id)) continue;
    KEELSON_CHECK(database_->run("DELETE FROM foundation WHERE id = ?", {static_cast<std::int64_t>(claim.id)}));
  }
  return {};
}

Result<int> HostRegistry::free_id(const std::vector<int>& listening) {
  KEELSON_TRY(const auto claims, list());
  const IdRange range = uid_ == 0 ? kRootIds : kUserIds;
  const int offset = uid_ == 0 ? 0 : uid_ % range.count;
  for (int i = 0; i < range.count; ++i) {
    const int id = range.first + (offset + i) % range.count;
    const bool taken = std::any_of(claims.begin(), claims.end(), [&](const HostClaim& claim) { return claim.id == id; });
    if (!taken && !contains(listening, id)) return id;
  }
  return fail_as(ErrorCode::preflight_refused, "no block of addresses is left on this machine", "127.77.0.0/16",
                 std::to_string(claims.size()) + " foundations are registered, or programs listen there",
                 "destroy a foundation that is no longer used");
}

Result<HostClaim> HostRegistry::claim(const std::string& foundation, const std::string& state_dir) {
  KEELSON_TRY(const auto directory, files_.info(state_dir));
  if (!directory) return fail("the state directory of the foundation does not exist yet", state_dir, "a claim without one counts as dead");
  const auto mine = [&](const HostClaim& claim) { return claim.foundation == foundation && claim.state_dir == state_dir; };
  KEELSON_TRY(const auto known, list());
  // The usual case needs no write lock, and not the kernel's table of sockets, which is long on a busy machine.
  if (const auto found = std::find_if(known.begin(), known.end(), mine); found != known.end()) return *found;

  KEELSON_TRY(const std::string listeners, read_listeners_());
  const std::vector<int> listening = listening_blocks(listeners);
  return database_->transaction([&]() -> Result<HostClaim> {
    KEELSON_TRY(auto claims, list());
    if (std::none_of(claims.begin(), claims.end(), mine)) {
      KEELSON_CHECK(drop_dead(listening));
      KEELSON_TRY(const int id, free_id(listening));
      KEELSON_CHECK(release(foundation, state_dir));  // it may have been known without a place
      KEELSON_CHECK(database_->run("INSERT INTO foundation (id, name, state_dir, at_ms) VALUES (?, ?, ?, ?)",
                                   {static_cast<std::int64_t>(id), foundation, state_dir, clock_.wall_ms()}));
      KEELSON_TRY(claims, list());
    }
    return *std::find_if(claims.begin(), claims.end(), mine);
  });
}

Result<std::vector<KnownName>> HostRegistry::names() {
  std::vector<KnownName> out;
  KEELSON_CHECK(database_->each("SELECT id, name, state_dir FROM foundation ORDER BY id >= ?, registered", {std::int64_t{kFirstPlaceless}}, [&](const Row& row) {
    const int id = static_cast<int>(row.number(0));
    out.push_back({row.text(1), row.text(2), id < kFirstPlaceless ? block_of(id) : std::string()});
  }));
  return out;
}

Result<void> HostRegistry::note(const std::string& foundation, const std::string& state_dir) {
  KEELSON_TRY(const auto known, names());
  const KnownName wanted{foundation, state_dir};
  if (std::find(known.begin(), known.end(), wanted) != known.end()) return {};  // the usual case needs no write lock
  return database_->transaction([&]() -> Result<void> {
    for (const KnownName& one : known) {  // directories that somebody removed by hand
      KEELSON_TRY(const auto there, files_.info(one.state_dir));
      if (one.block.empty() && !there) KEELSON_CHECK(release(one.foundation, one.state_dir));
    }
    KEELSON_CHECK(release(foundation, state_dir));
    return database_->run("INSERT INTO foundation (id, name, state_dir, at_ms) SELECT max(?, coalesce(max(id), 0) + 1), ?, ?, ? FROM foundation",
                          {std::int64_t{kFirstPlaceless}, foundation, state_dir, clock_.wall_ms()});
  });
}

Result<void> HostRegistry::release(const std::string& foundation, const std::string& state_dir) {
  return database_->run("DELETE FROM foundation WHERE name = ? AND state_dir = ?", {foundation, state_dir});
}

}  // namespace keelson::state
