# shellcheck shell=sh disable=SC2034,SC2154
# Takes a snapshot of etcd on this host, and reads its status. $1: folder, $2: name, $3: how many to keep there.
folder=$root$1
file=$folder/$2.db
keep=$3
find_etcd
private_folder "$folder"
rm -f "$file.part" "$file.part.part"
etcdctl --command-timeout 30m snapshot save "$file.part"
if utility=$(etcd_tool etcdutl 2> /dev/null); then
  status=$("$utility" snapshot status "$file.part" -w json)
else
  # Before 3.5 the status was etcdctl's.
  status=$(ETCDCTL_API=3 "$(etcd_tool etcdctl)" snapshot status "$file.part" -w json)
fi
chmod 600 "$file.part"
sha256=$(sha256sum "$file.part" | cut -d ' ' -f 1)
bytes=$(wc -c < "$file.part")
mv "$file.part" "$file"
sync "$file" "$folder" 2> /dev/null || sync

# The newest are kept; this one is the newest.
find "$folder" -maxdepth 1 -name '*.db' -printf '%T@ %p\n' | sort -rn | tail -n +"$((keep + 1))" | cut -d ' ' -f 2- | while read -r old; do
  [ "$old" = "$file" ] || rm -f "$old"
done
say "result: {\"file\":\"$1/$2.db\",\"sha256\":\"$sha256\",\"bytes\":$bytes,\"takenAt\":\"$(date -u +%Y-%m-%dT%H:%M:%SZ)\",\"status\":$status}"
