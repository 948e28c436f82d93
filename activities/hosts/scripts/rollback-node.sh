# shellcheck shell=sh disable=SC2034,SC2154
# Puts packages, sources of packages and the kubelet's configuration back to what was recorded before the node's first change.
# --version v1.33.13 (what the kubelet ran then) --minor 1.33 --repository TEMPLATE --record DIR --staged DIR
use_manager
require_record
refuse_changed_control_plane
dnf_verb=downgrade
trap 'restore_holds kubeadm kubelet kubectl' EXIT
trap 'exit 143' HUP INT TERM
restore_repository
restore_packages
restore_configuration
restart_kubelet
reported=$(kubelet --version)
[ "$reported" = "Kubernetes $version" ] || fail "the kubelet calls itself $reported after $version was put back" "See \`command -v kubelet\`: another kubelet comes first in PATH."
say "kubelet is back at $version"
say "changed: $changed"
