#pragma once
#include <string>
#include <vector>

#include "blueprint/blueprint.h"
#include "blueprint/problems.h"

namespace keelson {

/// What the settings table cannot say of `publish`: `at` is an IPv4 address and a port that may be published, `from` are addresses or
/// networks, whoever publishes beyond this machine says to whom, and no place is taken twice.
void check_published(const Settings& top, const std::string& path, Problems& problems);

/// The entries of `publish`, typed, `from` filled in; those with problems are left out.
std::vector<BlueprintPublished> published(const Settings& top);

}  // namespace keelson
