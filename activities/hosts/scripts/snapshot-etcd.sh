# shellcheck shell=sh disable=SC2034,SC2154
# Takes a snapshot of etcd on this host, reads its status, and restores it for trial. $1: folder, $2: name, $3: how many to keep there.
folder=$root$1
file=$folder/$2.db
keep=$3
trial=$folder/.trial-$2

# Before 3.5 what etcdutl does was etcdctl's.
snapshot_tool() {
  if [ -n "$utility" ]; then
    "$utility" snapshot "$@"
  else
    ETCDCTL_API=3 "$etcdctl_path" snapshot "$@"
  fi
}

# A snapshot ends in its SHA-256, which only a restore compares: a damaged one has a status like any other. Sets $restored to the
# status of what the snapshot is restored to; to null where the disk has no room for a second copy and 1 GiB more: then the
# SHA-256 is compared here, which takes no room.
verify_snapshot() {
  free=$(df -Pk "$folder" | awk 'NR == 2 { print $4 }')
  if [ "$free" -lt $((bytes / 1024 + 1048576)) ]; then
    compare_sum
    restored='null,"verified":"sum"'
    return 0
  fi
  # The member writes to this disk as well, and goes first.
  renice -n 19 -p $$ > /dev/null 2>&1 || true
  if ! snapshot_tool restore "$file.part" --data-dir "$trial" > "$trial.log" 2>&1; then
    tail -n 5 "$trial.log" >&2
    fail 'the snapshot cannot be restored' 'It was damaged on its way to the disk: look at the disk of this host, then start again.'
  fi
  restored=$(snapshot_tool status "$trial/member/snap/db" -w json)
  rm -rf "$trial" "$trial.log"
}

# The database is a multiple of 512 bytes long, and the SHA-256 of 32 bytes follows it.
compare_sum() {
  appended=$(tail -c 32 "$file.part" | od -An -v -tx1 | tr -d ' \n')
  computed=$(head -c -32 "$file.part" | sha256sum)
  if [ $((bytes % 512)) -ne 32 ] || [ "${computed%% *}" != "$appended" ]; then
    fail 'the snapshot is damaged: it does not end in the SHA-256 of its data' 'It was damaged on its way to the disk: look at the disk of this host, then start again.'
  fi
}

find_etcd
require_etcd_tool etcdctl
etcdctl_path=$tool
set_etcd_tool etcdutl
utility=$tool
private_folder "$folder"
chmod 700 "$folder"
rm -rf "$file.part" "$file.part.part" "$trial"
trap 'rm -rf "$trial" "$trial.log"' EXIT
trap 'exit 143' HUP INT TERM
etcdctl --command-timeout 30m snapshot save "$file.part"
status=$(snapshot_tool status "$file.part" -w json)
bytes=$(wc -c < "$file.part")
verify_snapshot
chmod 600 "$file.part"
sha256=$(sha256sum "$file.part" | cut -d ' ' -f 1)
mv "$file.part" "$file"
sync "$file" "$folder" 2> /dev/null || sync

# The newest are kept; this one is the newest.
find "$folder" -maxdepth 1 -name '*.db' -printf '%T@ %p\n' | sort -rn | tail -n +"$((keep + 1))" | cut -d ' ' -f 2- | while read -r old; do
  [ "$old" = "$file" ] || rm -f "$old"
done
say "result: {\"file\":\"$1/$2.db\",\"sha256\":\"$sha256\",\"bytes\":$((bytes)),\"takenAt\":\"$(date -u +%Y-%m-%dT%H:%M:%SZ)\",\"status\":$status,\"trial\":$restored}"
