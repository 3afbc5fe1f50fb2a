#!/bin/sh
# The first start copies the primary; it is followed from then on. Written by keelson, for development only.
set -eu
[ -s "$PGDATA/PG_VERSION" ] || pg_basebackup --pgdata="$PGDATA" --dbname="host=$PRIMARY user=replicator" --no-password --checkpoint=fast --write-recovery-conf
exec postgres -c config_file={{config}}/postgresql.conf
