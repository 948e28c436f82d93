# shellcheck shell=sh disable=SC2034,SC2154
# Brings the packages kubelet and kubectl to the exact version and restarts the kubelet.
# --version v1.34.4 --minor 1.34 --repository TEMPLATE --record DIR --staged DIR --role worker
require_role "$role"
use_manager
make_folders
trap 'restore_holds kubelet kubectl' EXIT
trap 'exit 143' HUP INT TERM
leave_load_balancer "$version"
install_exactly 'cri-tools kubernetes-cni' kubelet kubectl
# The record is kept in the node's own folder.
folder=${record%/*}
prepare_replacements "${folder##*/}"
restart_kubelet
wait_for_replacements
say "changed: $changed"
