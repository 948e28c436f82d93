# shellcheck shell=sh disable=SC2034,SC2154
# Brings the package kubeadm to the exact version, from the repository of the new minor.
# --version v1.34.4 --minor 1.34 --repository TEMPLATE --record DIR --staged DIR
use_manager
make_folders
keep_former
keep_configuration
trap 'restore_holds kubeadm' EXIT
trap 'exit 143' HUP INT TERM
switch_repository
install_exactly 'cri-tools kubernetes-cni' kubeadm
reported=$(kubeadm version -o short)
[ "$reported" = "$version" ] || fail "kubeadm reports $reported after its package was brought to $version" "See \`command -v kubeadm\`: another kubeadm comes first in PATH."
say "kubeadm is at $reported"
say "changed: $changed"
