# shellcheck shell=sh disable=SC2034,SC2154
# Facts of one host for the preflight, a line each. Changes nothing: what is fetched goes to a scratch folder and away again.
# --version v1.34.4 --minor 1.34 --repository TEMPLATE
df -Pk "$root/var/lib" "$root/var/cache" | {
  read -r _
  for folder in /var/lib /var/cache; do
    read -r _ _ _ free _ || free=
    say "free $folder $free"
  done
}
swaps=${CAPSTAN_PROC:-/proc}/swaps
count=0
# Below its heading a line each; a kernel without swap has no such file.
if [ -e "$swaps" ]; then { read -r _ || :; set_count; } < "$swaps"; fi
say "swap $count"
set_value failSwapOn "$root/var/lib/kubelet/config.yaml"
say "fail-swap-on $value"
say "kubelet $(systemctl is-active kubelet 2> /dev/null || true)"
for name in kube-apiserver kube-controller-manager kube-scheduler etcd; do
  [ ! -f "$root/etc/kubernetes/manifests/$name.yaml" ] || say "manifest $name"
done
[ ! -e "$root/var/run/reboot-required" ] || say 'reboot-required'

use_manager
# Of its own sources apt keeps everything in its own place.
if [ "$manager" != apt ] || [ -n "$template" ]; then
  staged=$(mktemp -d)
  trap 'rm -rf "$staged"' EXIT
fi
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
# Together with what the package manager says, which names no version of a package.
if ! offered=$(staged_versions kubeadm kubelet kubectl 2>&1); then
  say "$offered" | grep -E '^(error|E|Error|next)' | head -n 5 | sed 's/^/repository-error /'
fi
for package in kubeadm kubelet kubectl; do
  set_candidate "$package" "$offered"
  if at_target "$package"; then candidate=installed; fi
  say "available $package $candidate"
done
