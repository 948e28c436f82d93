# shellcheck shell=sh disable=SC2034,SC2154
# Images of the version, asked of its own kubeadm, which is fetched to a scratch folder and not installed.
# --version v1.34.4 --minor 1.34 --repository TEMPLATE --image-repository R
use_manager
scratch_folder
trap 'rm -rf "$scratch"' EXIT
staged=$scratch
record=$scratch
apart=yes
if at_target kubeadm; then
  kubeadm=kubeadm
else
  offered=$(staged_versions kubeadm 2> "$scratch/log") || { cat "$scratch/log" >&2; fail 'the sources of the new version cannot be read'; }
  set_candidate kubeadm "$offered"
  [ -n "$candidate" ] || fail "no package kubeadm $version is in ${template:-the sources of this host}"
  "${family}_fetch" "kubeadm$separator$candidate" > "$scratch/log" 2>&1 || { cat "$scratch/log" >&2; fail 'the package kubeadm cannot be fetched'; }
  kubeadm=$(unpack_kubeadm "$scratch/kubeadm")
fi
wanted_images "$kubeadm"
