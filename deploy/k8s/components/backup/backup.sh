#!/bin/sh
# Dumps every database into a folder of BACKUPS, named by its time once all of them are whole; the newest KEEP folders stay.
# PGHOST, PGUSER, PGPASSWORD and the like say which server. Without a role that sees all rows pg_dump fails, as it must.
set -eu
umask 077
cd "$BACKUPS"
rm -rf .partial-*
name=$(date -u +%Y%m%dT%H%M%SZ)
mkdir ".partial-$name"
cd ".partial-$name"

dumps=""
for database in auth content community planner; do # all at once, so that they are of one time
  pg_dump --format=custom --lock-wait-timeout=30s --no-password --file="$database.dump" --dbname="$database" &
  dumps="$dumps $!"
done
for dump in $dumps; do
  wait "$dump"
done
for database in auth content community planner; do
  pg_restore --list "$database.dump" >/dev/null
done
sha256sum -- *.dump >SHA256SUMS
sync

cd ..
mv -T ".partial-$name" "$name"
find . -maxdepth 1 -type d -name '20*Z' | sort -r | tail -n "+$((KEEP + 1))" | xargs -r rm -r
du -sh "$name"
