#pragma once
#include <string>
#include <vector>

#include "component/endpoint.h"
#include "component/kind.h"

/// What the setting `databases` says: who owns what, and may log in.
namespace keelson::postgresql {

/// That there can be such databases, owners and pinned passwords.
Result<void> check_databases(const Settings& settings);

/// Everybody who may log in: the owners, and the superuser on the socket only.
std::vector<EndpointUser> users_of(const std::string& component, const Settings& settings);

/// A password for each owner.
std::vector<SecretSpec> passwords_of(const std::string& component, const Settings& settings);

}  // namespace keelson::postgresql
