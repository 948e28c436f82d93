# shellcheck shell=sh disable=SC2034,SC2154
# kubeadm's own plan for the version, read only. $1: version, then more arguments of kubeadm.
wanted=$1
shift
kubeadm upgrade plan "$wanted" "$@" 2>&1
