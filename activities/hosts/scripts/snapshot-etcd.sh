# shellcheck shell=sh disable=SC2034,SC2154
# Takes a snapshot of etcd on this host, reads its status, and restores it for trial. $1: folder, $2: name, $3: how many to keep there.
folder=$root$1
file=$folder/$2.db
keep=$3
trial=$folder/.trial-$2

# Before 3.5 what etcdutl does was etcdctl's.
snapshot_tool() {
  if utility=$(etcd_tool etcdutl 2> /dev/null); then
    "$utility" snapshot "$@"
  else
    ETCDCTL_API=3 "$(etcd_tool etcdctl)" snapshot "$@"
  fi
}

# Sets $restored to the status of what the snapshot is restored to, null where the disk has no room for a second copy and
# 1 GiB more. A snapshot ends in its SHA-256, which only a restore compares: a damaged one has a status like any other.
restore_for_trial() {
  restored=null
  free=$(df -Pk "$folder" | awk 'NR == 2 { print $4 }')
  [ "$free" -ge $((bytes / 1024 + 1048576)) ] || return 0
  # The member writes to this disk as well, and goes first.
  renice -n 19 -p $$ > /dev/null 2>&1 || true
  if ! snapshot_tool restore "$file.part" --data-dir "$trial" > "$trial.log" 2>&1; then
    tail -n 5 "$trial.log" >&2
    fail 'the snapshot cannot be restored' 'It was damaged on its way to the disk: look at the disk of this host, then start again.'
  fi
  restored=$(snapshot_tool status "$trial/member/snap/db" -w json)
  rm -rf "$trial" "$trial.log"
}

find_etcd
private_folder "$folder"
rm -rf "$file.part" "$file.part.part" "$trial"
trap 'rm -rf "$trial" "$trial.log"' EXIT
trap 'exit 143' HUP INT TERM
etcdctl --command-timeout 30m snapshot save "$file.part"
status=$(snapshot_tool status "$file.part" -w json)
bytes=$(wc -c < "$file.part")
restore_for_trial
chmod 600 "$file.part"
sha256=$(sha256sum "$file.part" | cut -d ' ' -f 1)
mv "$file.part" "$file"
sync "$file" "$folder" 2> /dev/null || sync

# The newest are kept; this one is the newest.
find "$folder" -maxdepth 1 -name '*.db' -printf '%T@ %p\n' | sort -rn | tail -n +"$((keep + 1))" | cut -d ' ' -f 2- | while read -r old; do
  [ "$old" = "$file" ] || rm -f "$old"
done
say "result: {\"file\":\"$1/$2.db\",\"sha256\":\"$sha256\",\"bytes\":$((bytes)),\"takenAt\":\"$(date -u +%Y-%m-%dT%H:%M:%SZ)\",\"status\":$status,\"trial\":$restored}"
