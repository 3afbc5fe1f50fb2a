#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"

namespace keelson::native {

/// nftables of this network namespace, by libnftables (ADR 0015). Both block for a few milliseconds, may be called from any thread, and
/// need CAP_NET_ADMIN.

/// A table of family inet as the kernel has it: text that stays the same as long as the table does (no counters, no handles, numbers
/// instead of names); nothing when there is no such table. Fails with ErrorCode::not_supported when the kernel refuses to say.
Result<std::optional<std::string>> table_in_force(const std::string& table);

/// Runs nft's text as one transaction: all of it or nothing.
Result<void> load_rules(const std::string& text);

/// How many packets the counters of that table have counted so far; 0 when there is no such table.
Result<std::int64_t> packets_counted(const std::string& table);

/// "" when nftables can be used by this process, else the kernel's reason.
std::string firewall_fault();

}  // namespace keelson::native
