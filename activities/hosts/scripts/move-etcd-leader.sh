# shellcheck shell=sh disable=SC2034,SC2154
# Hands leadership from the member of this host to member $1 (hexadecimal id).
find_etcd
etcdctl --command-timeout 10s move-leader "$1"
