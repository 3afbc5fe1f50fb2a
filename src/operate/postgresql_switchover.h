#pragma once
#include "base/result.h"
#include "client/client.h"
#include "operate/fault.h"

namespace keelson::operate {

/// Hands PostgreSQL's leadership over in good order, with the poolers' clients held back from the last transaction at the old primary
/// to the first at the new one. Returns when the old leader is back as a replica. An error before the leader was asked to step down
/// changes nothing. Blocks up to a minute.
Result<void> hand_over_postgresql(Scene& scene, const clients::PostgresqlView& view);

/// SIGUSR2 (RESUME) to every pooler that leads to it.
Result<void> resume_poolers(Standing& standing, const clients::PostgresqlView& view);

/// The member that `asked`'s Patroni has written down as synchronous standby; "" = none (Patroni 3.0 REST API, "GET /cluster").
Result<std::string> synchronous_standby(Standing& standing, const Member& asked);

}  // namespace keelson::operate
