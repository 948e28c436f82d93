# shellcheck shell=sh disable=SC2034,SC2154
# Restores the snapshot beside the live data, which is not touched. Done already where the folder is there: it appears whole.
# $1: record folder, $2: id of the restore, $3: SHA-256 of the snapshot, $4: members, `name=peer URL,…`, $5: how far the revision is
# raised; $3 to $5 are the same on all nodes.
record=$root$1
restore_id=$2
set_restore_paths
require_configuration
require_member_record
[ -d "$data" ] || fail "$data is not there" 'Is the disk of etcd mounted?'
if [ -d "$restored" ]; then
  say 'restored beside the live data already'
  say 'changed: no'
  exit 0
fi
file=$restore/snapshot.db
[ -e "$file" ] || fail "$file is not there" 'Copy the snapshot there, then retry.'
sum=$(sha256sum < "$file")
[ "${sum%% *}" = "$3" ] || fail "$file has the SHA-256 ${sum%% *}, not $3" 'Delete it, then retry: it is copied again.'
need=$(($(wc -c < "$file") / 1024 + 1048576))
free=$(df -Pk "$data" | awk 'NR == 2 { print $4 }')
[ "$free" -ge "$need" ] || fail "$data has room for $free KiB, and the restored data needs $need KiB with 1 GiB to spare" 'Free space there, then retry.'
# The member writes to this disk as well, and goes first.
renice -n 19 -p $$ > /dev/null 2>&1 || true
rm -rf "$restored.part"
# A token of its own, so that no member of another restore is taken for one of this cluster. A revision beyond that of before, and
# nothing to watch from below it, make clients list anew: https://etcd.io/docs/latest/op-guide/recovery/
"$record/etcdutl" snapshot restore "$file" --data-dir "$restored.part" --name "$(recorded_flag etcd name)" \
  --initial-cluster "$4" --initial-advertise-peer-urls "$(recorded_flag etcd initial-advertise-peer-urls)" \
  --initial-cluster-token "capstan-$restore_id" --bump-revision "$5" --mark-compacted 2>&1 | tail -n 20
[ -d "$restored.part/member/snap" ] || fail 'etcdutl did not restore the snapshot' 'Nothing of the cluster was changed. What etcdutl said is above; the same snapshot was restored for trial when it was taken.'
chown -R --reference="$data" "$restored.part"
chmod 700 "$restored.part"
sync
mv "$restored.part" "$restored"
say "restored for $4"
say 'changed: yes'
