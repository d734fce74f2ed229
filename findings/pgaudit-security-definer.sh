#!/usr/bin/env bash
# Package: postgresql-15-pgaudit 1.7.0-2 (Debian bookworm), on PostgreSQL 15
#
# Behaviour: with session logging (`pgaudit.log = 'write'`), what a SECURITY DEFINER function does to tables is not logged
# when somebody calls it who is no superuser. The same function called by a superuser is logged, and so is the same
# statement in a function without SECURITY DEFINER.
#
# Seen: see `expected` below: of three inserts that reach the table there are two lines.
#
# Why it matters here: where a database's rules live in SECURITY DEFINER functions, and applications have no right but to
# call them, pgaudit shows a superuser's trial in full and of everybody else nothing that was written.
#
# Right handling: take pgaudit for what people type, with the class `function` for what they call; let functions record
# themselves what they decide.
#
# PostgreSQL does not run as root: if root starts this script, it runs as postgres. PG is the folder of its programs.
#
# Exits 0 if the behaviour is as described, 1 if it has changed, 2 if it could not be tried.
set -euo pipefail

programs=${PG:-/usr/lib/postgresql/15/bin}
[ -x "$programs/postgres" ] && [ -e "$("$programs/pg_config" --pkglibdir)/pgaudit.so" ] ||
  { echo 'PostgreSQL 15 and its pgaudit are not installed'; exit 2; }

work=$(mktemp -d)
as=()
if [ "$(id -u)" = 0 ]; then
  chown postgres "$work"
  as=(setpriv --reuid=postgres --regid=postgres --clear-groups)
fi
stop() { "${as[@]}" "$programs/pg_ctl" --pgdata "$work/data" --mode immediate stop >"$work/stop" 2>&1 || true; rm -rf "$work"; }
trap stop EXIT
cd "$work"

"${as[@]}" "$programs/initdb" --pgdata data --auth trust --username postgres --no-sync >initdb 2>&1 || exit 2
printf '%s\n' "listen_addresses = ''" "unix_socket_directories = '$work'" 'fsync = off' 'shared_preload_libraries = pgaudit' \
  "pgaudit.log = 'write'" >>data/postgresql.conf
"${as[@]}" "$programs/pg_ctl" --pgdata data --log "$work/data/log" --wait start >start 2>&1 || exit 2

query() { "$programs/psql" --host "$work" --username "$1" --dbname postgres --quiet --no-align --tuples-only --command "$2" >>psql 2>&1; }
query postgres 'create extension pgaudit' || exit 2
query postgres 'create table t (who text)'
query postgres 'create role somebody login; grant insert on t to somebody'
query postgres "create function definer() returns void language plpgsql security definer as 'begin insert into t values (session_user); end'"
query postgres "create function invoker() returns void language plpgsql as 'begin insert into t values (session_user); end'"
query somebody 'select invoker()'
query postgres 'select definer()'
query somebody 'select definer()'

sleep 1
rows=$("$programs/psql" --host "$work" --username postgres --dbname postgres --no-align --tuples-only --command 'select count(*) from t')
lines=$(grep -c 'AUDIT: SESSION.*WRITE,INSERT' data/log || true)
seen="$rows rows, $lines lines"
expected='3 rows, 2 lines'
echo "$seen"
[ "$seen" = "$expected" ]
