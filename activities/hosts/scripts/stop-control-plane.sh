# shellcheck shell=sh disable=SC2034,SC2154
# Ends this node's kubelet and its control plane, so that etcd can be restored. Workloads run on.
# $1: record folder, $2: id of the restore.
record=$root$1
restore_id=$2
set_restore_paths
require_configuration
aside=$restore/$restore_id/manifests
[ -d "$restored" ] || fail "$restored is not there: the snapshot was not restored on this host" 'Nothing was stopped. Start the restore again.'
kubeadms=$(host_processes kubeadm)
[ -z "$kubeadms" ] || fail "kubeadm runs on this host: process $(say "$kubeadms" | tr '\n' ' ' | sed 's/ $//')" 'Nothing was stopped. Wait for its end, then retry.'
changed=no

# The kubelet first: it would start anew what ends.
[ "$(systemctl is-active kubelet || true)" = inactive ] || changed=yes
systemctl stop kubelet
private_folder "$aside"
for component in kube-apiserver kube-controller-manager kube-scheduler etcd; do
  [ -e "$manifests/$component.yaml" ] || continue
  mv "$manifests/$component.yaml" "$aside/"
  changed=yes
done
processes=$(control_plane_processes)
for process in $processes; do kill -TERM "$process" 2> /dev/null || true; done
tries=0
while [ -n "$processes" ] && [ "$tries" -lt 100 ]; do
  # Open watches keep an API server for a minute; nobody can use them now.
  if [ "$tries" -eq 50 ]; then
    for process in $processes; do kill -KILL "$process" 2> /dev/null || true; done
  fi
  tries=$((tries + 1))
  sleep 0.2
  processes=$(control_plane_processes)
done
[ -z "$processes" ] || fail "processes of the control plane do not end: $(say "$processes" | tr '\n' ' ')" 'End them by hand with kill -KILL, then retry.'
require_idle_data
say "the control plane has ended; its manifests are in ${aside#"$root"}"
say "changed: $changed"
