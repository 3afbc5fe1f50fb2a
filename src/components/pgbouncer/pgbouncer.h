#pragma once
#include "component/kind.h"

namespace keelson {

/// PgBouncer 1.18: pools client sessions in front of a PostgreSQL component's primary. Only ever a companion, named
/// `<postgresql>-pooler`. It holds no password: clients' SCRAM secrets pass through, its own login is a certificate.
extern const Kind kPgbouncer;

}  // namespace keelson
