# shellcheck shell=sh disable=SC2034,SC2154
# Facts of one host for the preflight, a line each. Changes nothing: what is fetched goes to a scratch folder and away again.
# --version v1.34.4 --minor 1.34 --repository TEMPLATE
say "user $(id -u)"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
staged=$scratch
record=$scratch
for folder in /var/lib /var/cache; do
  df -Pk "$root$folder" | { read -r _ && read -r _ _ _ free _; say "free $folder ${free:-}"; }
done
say "swap $(sed 1d "${CAPSTAN_PROC:-/proc}/swaps" | wc -l)"
say "fail-swap-on $(first_value 's/^failSwapOn: *//' "$root/var/lib/kubelet/config.yaml")"
say "kubelet $(systemctl is-active kubelet 2> /dev/null || true)"
for name in kube-apiserver kube-controller-manager kube-scheduler etcd; do
  [ ! -f "$root/etc/kubernetes/manifests/$name.yaml" ] || say "manifest $name"
done
[ ! -e "$root/var/run/reboot-required" ] || say 'reboot-required'

use_manager
say "manager $manager"
for package in kubeadm kubelet kubectl; do say "installed $package $(installed_version "$package")"; done
if [ "$manager" = apt ]; then
  dpkg --audit | sed -n 's/^ \([^ ].*\)/broken \1/p'
  for lock in lock-frontend lock; do
    inode=$(stat -c %i "$root/var/lib/dpkg/$lock" 2> /dev/null) || continue
    while read -r _ _ _ _ process file _; do
      case $file in *:"$inode") say "locked $process" ;; esac
    done < "${CAPSTAN_PROC:-/proc}/locks"
  done
fi
if ! (staged_update) > "$scratch/update" 2>&1; then
  grep -E '^(error|E|Error|next)' "$scratch/update" | head -n 5 | sed 's/^/repository-error /'
fi
offered=$(staged_versions kubeadm kubelet kubectl)
for package in kubeadm kubelet kubectl; do
  if at_target "$package"; then say "available $package installed"; else say "available $package $(newest_match "$package" "$offered")"; fi
done
