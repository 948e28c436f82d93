# shellcheck shell=sh disable=SC2034,SC2154
# A worker in a restore of the whole cluster: as a roll back of the node, whatever its static pods have become.
# --version v1.33.13 (what the kubelet ran then) --minor 1.33 --repository TEMPLATE --record DIR --staged DIR
use_manager
require_record
put_node_back
say "kubelet is back at $version"
say "changed: $changed"
