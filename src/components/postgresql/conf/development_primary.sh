#!/bin/sh
# The first start makes the cluster, its roles and databases; then, and at every other start, PostgreSQL itself. Written by keelson, for development only.
set -eu
[ -s "$PGDATA/PG_VERSION" ] || initdb --username=postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8 --data-checksums
if [ ! -e "$PGDATA/made" ]; then
  pg_ctl --wait --options="-c listen_addresses= -k $PGHOST" start
  psql --no-psqlrc --quiet --username=postgres --dbname=postgres --file={{config}}/init-db.sql
  pg_ctl --wait --mode=fast stop
  : >"$PGDATA/made"
fi
exec postgres -c config_file={{config}}/postgresql.conf
