#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"

/// Where secrets turn up that must not be there.
namespace keelson::checks {

struct NamedSecret {
  std::string name;
  Secret value;
};

/// Names of the secrets whose bytes occur in `text`. Values shorter than 8 bytes are not looked for: they would be found
/// anywhere. Pure.
std::vector<std::string> secrets_in(std::string_view text, const std::vector<NamedSecret>& secrets);

/// Regular files below `root` that any user of the machine could open: readable by others, in directories that others may
/// search. `root` itself counts as open. Symlinks are not followed. Unreadable directories are left out.
std::vector<std::string> world_readable_files(const std::string& root);

/// Regular files below `root`, whoever may read them.
std::vector<std::string> all_files(const std::string& root);

/// The names found in a file, however long it is (it is read in overlapping pieces).
std::vector<std::string> secrets_in_file(const std::string& path, const std::vector<NamedSecret>& secrets);

}  // namespace keelson::checks
