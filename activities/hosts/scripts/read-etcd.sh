# shellcheck shell=sh disable=SC2034,SC2154
# What the members of the cluster's etcd say of themselves: five documents, each on its own line.
find_etcd
# Here for all of them: what a command in the background finds is lost with it.
require_etcd_tool etcdctl
etcdctl_path=$tool

# A member that is away makes etcdctl end with an error beside what it could read. Its JSON is one line; what it says of the error
# is passed on.
document() {
  name=$1
  shift
  say "$name $(etcdctl --command-timeout 5s -w json "$@")"
}

document members member list &
document status endpoint status --cluster &
document health endpoint health --cluster &
document alarms alarm list &
wait
