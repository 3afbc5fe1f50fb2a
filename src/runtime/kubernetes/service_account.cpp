#include "runtime/kubernetes/service_account.h"

namespace keelson::kubernetes {

Json json(const ServiceAccount& account) { return head(ServiceAccount::kType, account.meta).set("automountServiceAccountToken", account.token == Token::mounted); }

}  // namespace keelson::kubernetes
