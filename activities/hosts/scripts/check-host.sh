# shellcheck shell=sh disable=SC2034,SC2154
# Facts of one host for the preflight, a line each. Changes nothing: what is fetched goes to a scratch folder and away again.
# --version v1.34.4 --minor 1.34 --repository TEMPLATE
read_kubelet_flags

# How much is free where folder $1 is or will be, and on which file system that is.
say_free() {
  place=$root$1
  while [ -n "$place" ] && [ ! -d "$place" ]; do place=${place%/*}; done
  df -Pk "${place:-/}" | {
    read -r _
    read -r device _ _ free _ mount || free=
    case $device in /*) mount=$device ;; esac
    say "free $1 $free $mount"
  }
}

# True where the manifest $2 is of a pod $1, as a block of YAML, or in braces.
names_pod() {
  sed -n '/^metadata:/,/^[^ #]/p' "$2" | grep -Eq "^ +[\"']?name[\"']?: *[\"']?$1[\"']?([[:space:]].*)?\$" && return 0
  tr '\n' ' ' < "$2" | grep -Eq "metadata[\"']?: *[{](([{][^{}]*[}]|[^{}])*[\"' ,])?[\"']?name[\"']?: *[\"']?$1[\"']?[ ,}]"
}

# The files that the kubelet starts kubeadm's component $1 from, where they are several: it reads every file that is not hidden.
say_copies() {
  count=0
  copies=
  for manifest in "$root$static_folder"/*; do
    [ -f "$manifest" ] || continue
    [ "$manifest" = "$root$static_folder/$1.yaml" ] || names_pod "$1" "$manifest" || continue
    count=$((count + 1))
    copies=${copies:+$copies, }${manifest#"$root"}
  done
  [ "$count" -lt 2 ] || say "static-copies $1 $copies"
}
set_image_folder
say "images-at $image_folder"
for folder in "$image_folder" /var/lib/capstan /etc/kubernetes/tmp; do say_free "$folder"; done
swaps=${CAPSTAN_PROC:-/proc}/swaps
count=0
# Below its heading a line each; a kernel without swap has no such file.
if [ -e "$swaps" ]; then { read -r _ || :; set_count; } < "$swaps"; fi
say "swap $count"
for setting in fail-swap-on=failSwapOn fail-cgroupv1=failCgroupV1; do
  key=${setting#*=}
  set_kubelet_flag "${setting%=*}"
  say "kubelet-flag $key $value"
  set_kubelet_drop_in "$key"
  say "kubelet-drop-in $key $value"
  set_kubelet_file "$key"
  say "kubelet-file $key $value"
done
if [ -e "$root/sys/fs/cgroup/cgroup.controllers" ]; then
  say 'cgroup 2'
elif [ -d "$root/sys/fs/cgroup" ]; then
  say 'cgroup 1'
fi
say "kubelet $(systemctl is-active kubelet 2> /dev/null || true)"
for name in kube-apiserver kube-controller-manager kube-scheduler etcd; do
  [ ! -f "$root/etc/kubernetes/manifests/$name.yaml" ] || say "manifest $name"
done
set_static_pods
[ -z "$static_pods" ] || say "static-pods $static_pods"
for name in kube-apiserver kube-controller-manager kube-scheduler etcd; do say_copies "$name"; done
[ ! -e "$root/var/run/reboot-required" ] || say 'reboot-required'

use_manager
scratch_folder
staged=$scratch
apart=yes
trap 'rm -rf "$scratch"' EXIT
say "manager $manager"
for package in kubeadm kubelet kubectl; do
  set_present "$package"
  say "installed $package $present"
done
if [ "$manager" = apt ]; then
  audit=$(dpkg --audit) || true
  [ -z "$audit" ] || say "$audit" | sed -n 's/^ \([^ ].*\)/broken \1/p'
  for inode in $(stat -c %i "$root/var/lib/dpkg/lock-frontend" "$root/var/lib/dpkg/lock" 2> /dev/null || true); do
    while read -r _ _ _ _ process file _; do
      case $file in *:"$inode") say "locked $process" ;; esac
    done < "${CAPSTAN_PROC:-/proc}/locks"
  done
fi
# Together with what the package manager says, which names no version of a package. A source that fails may be one that is not needed.
offered=$(staged_versions kubeadm kubelet kubectl 2>&1) || true
say "$offered" | grep -E '^(error:|next:|Err:|E:|W: (Failed|Some|GPG)|Errors? |Error:|Failed|Curl| +(-|>>>) )' | head -n 5 | sed 's/^ */repository-error /' || true
for package in kubeadm kubelet kubectl; do
  set_candidate "$package" "$offered"
  if at_target "$package"; then candidate=installed; fi
  say "available $package $candidate"
done
