# shellcheck shell=sh disable=SC2034,SC2154
# Puts the restored member in the place of the live one, which is set aside, and then packages, certificates, configuration and
# manifests of before. The kubelet stays stopped.
# --version v1.33.13 (what the kubelet ran then) --minor 1.33 --repository TEMPLATE --record DIR --staged DIR --restore ID
use_manager
set_restore_paths
require_configuration
require_member_record

# Two renames on one file system; between them there is no member, and the next run goes on.
place_member() {
  [ -d "$restored" ] || fail "$restored is not there: the snapshot was not restored on this host" 'Nothing was changed. Start the restore again.'
  if [ ! -d "$restored/member" ]; then
    say 'the restored member is in its place already'
    return 0
  fi
  if [ -d "$data/member" ]; then
    former_member=$data/member.before-$restore_id
    [ ! -e "$former_member" ] || fail "$former_member is there, and so is $data/member" "See which of both is the member of before, move the other away, then retry."
    mv "$data/member" "$former_member"
    say "set aside: ${former_member#"$root"}"
  fi
  mv "$restored/member" "$data/member"
  sync "$data"
  say "in its place: ${data#"$root"}/member"
  changed=yes
}

# Packages that no step of the upgrade has reached are what they were.
restore_former_packages() {
  set_former kubelet
  if [ -z "$former" ]; then
    say 'no package of this node was changed'
    return 0
  fi
  require_record
  restore_repository
  restore_packages
}

# What the kubelet would start comes last.
restore_kubernetes() {
  while read -r _ path; do
    case $path in etc/kubernetes/manifests/*) ;; *) put_back "$record/files/$path" "/$path" ;; esac
  done < "$record/files/SHA256SUMS"
  systemctl stop kubelet
  while read -r _ path; do
    case $path in etc/kubernetes/manifests/*) put_back "$record/files/$path" "/$path" ;; esac
  done < "$record/files/SHA256SUMS"
}

[ -z "$(control_plane_processes)" ] || fail 'the control plane of this node runs' 'Something has started it since it was stopped. Move the static manifests away, end the processes, then retry.'
require_idle_data
# After a reboot it runs again, without manifests to start anything from.
systemctl stop kubelet
dnf_verb=downgrade
trap 'restore_holds kubeadm kubelet kubectl' EXIT
trap 'exit 143' HUP INT TERM
place_member
restore_former_packages
# The package's own script may have started it.
systemctl stop kubelet
restore_kubernetes
require_former_kubelet
say "control plane is back at $(recorded_tag kube-apiserver), not started"
say "changed: $changed"
