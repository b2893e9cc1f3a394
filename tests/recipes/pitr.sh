#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# "Any moment of the past" of docs/operations.md, step by step, on a throw-away cluster: stanza,
# encrypted full backup, work, the moment noted, damage, back to the moment. Half a minute.
#
#   tests/recipes/pitr.sh BUILD/huiqiao
set -euo pipefail
program=$(realpath "${1:?which program? tests/recipes/pitr.sh BUILD/huiqiao}")
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
if [ -z "$bin" ] || ! command -v pgbackrest >/dev/null; then
    echo 'skipped: PostgreSQL or pgbackrest is not installed' >&2
    exit 77
fi
as_server=()
[ "$(id -u)" != 0 ] || as_server=(runuser -u postgres --)

dir=$(mktemp -d /tmp/huiqiao-pitr-XXXXXX)
server() { "${as_server[@]}" "$@"; }
stop() {
    server "$bin/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null 2>&1 || true
    rm -rf "$dir"
}
trap stop EXIT
trap 'exit 130' INT TERM
mkdir "$dir/repo" "$dir/log" "$dir/lock" "$dir/spool"
[ "$(id -u)" != 0 ] || chown -R postgres "$dir"
chmod 755 "$dir"
cd "$dir"

step() { printf '%s\n' "== $*"; }
quietly() {
    "$@" >"$dir/step.log" 2>&1 </dev/null || {
        tail -n 30 "$dir/step.log" >&2
        tail -n 20 "$dir/server.log" >&2 2>/dev/null || true
        echo "FAILED: $*" >&2
        exit 1
    }
}
ask() { "$bin/psql" -X -q -t -A -v ON_ERROR_STOP=1 -h "$dir" -U postgres -d huiqiao -c "$1"; }
backrest() { quietly server pgbackrest --config="$dir/pgbackrest.conf" --stanza=district "$@"; }

step 'a cluster that archives its log'
touch "$dir/step.log"
quietly server "$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8
cat >>"$dir/data/postgresql.conf" <<CONF
listen_addresses = ''
unix_socket_directories = '$dir'
max_locks_per_transaction = 256
archive_mode = on
archive_timeout = 60
archive_command = 'pgbackrest --config=$dir/pgbackrest.conf --stanza=district archive-push %p'
CONF
cat >"$dir/pgbackrest.conf" <<CONF
[global]
repo1-path=$dir/repo
repo1-retention-full=2
repo1-cipher-type=aes-256-cbc
repo1-cipher-pass=$(head -c 24 /dev/urandom | base64)
log-path=$dir/log
lock-path=$dir/lock
spool-path=$dir/spool
start-fast=y

[district]
pg1-path=$dir/data
pg1-socket-path=$dir
pg1-user=postgres
CONF
[ "$(id -u)" != 0 ] || chown postgres "$dir/pgbackrest.conf"
chmod 600 "$dir/pgbackrest.conf"
quietly server "$bin/pg_ctl" -D "$dir/data" -l "$dir/server.log" -w start
quietly "$bin/psql" -h "$dir" -U postgres -d postgres -c 'CREATE ROLE huiqiao LOGIN' \
    -c 'CREATE DATABASE huiqiao OWNER huiqiao'
url="postgresql://huiqiao@${dir//\//%2F}/huiqiao?schema=linjiang"
quietly "$program" init --data "$dir/district" --demo --db "$url"

step 'stanza, check, full backup'
backrest stanza-create
backrest check
backrest backup --type=full

step 'work, and the moment it was good'
quietly "$program" setting --data "$dir/district" reveals_per_hour 41
demands=$(ask 'SELECT count(*) FROM linjiang.demand')
moment=$(ask 'SELECT clock_timestamp()')
sleep 1

step 'damage'
quietly "$program" setting --data "$dir/district" reveals_per_hour 7
quietly ask 'DROP TABLE linjiang.demand CASCADE'
ask 'SELECT pg_switch_wal()' >/dev/null
if "$program" check --data "$dir/district" >/dev/null 2>&1; then
    echo 'FAILED: the damage was not noticed' >&2
    exit 1
fi

step "back to $moment"
quietly server "$bin/pg_ctl" -D "$dir/data" -m fast -w stop
backrest restore --delta --type=time "--target=$moment" --target-action=promote
quietly server "$bin/pg_ctl" -D "$dir/data" -l "$dir/server.log" -w start
for _ in $(seq 60); do
    [ "$(ask 'SELECT pg_is_in_recovery()')" = t ] || break
    sleep 0.5
done

step 'as it was'
quietly "$program" check --data "$dir/district"
[ "$(ask 'SELECT count(*) FROM linjiang.demand')" = "$demands" ]
[ "$("$program" setting --data "$dir/district" reveals_per_hour)" = 41 ]
backrest backup --type=full
step "ok: $demands demands and the setting are those of $moment"
