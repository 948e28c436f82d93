# shellcheck shell=sh disable=SC2034,SC2154
# Puts packages, sources of packages and the kubelet's configuration back to what was recorded before the node's first change.
# --version v1.33.13 (what the kubelet ran then) --minor 1.33 --repository TEMPLATE --record DIR --staged DIR
use_manager
require_record
refuse_changed_control_plane
put_node_back
say "kubelet is back at $version"
say "changed: $changed"
