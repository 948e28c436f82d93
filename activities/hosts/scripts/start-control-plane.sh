# shellcheck shell=sh disable=SC2034,SC2154
# Starts the kubelet, and waits until the member and the API server of this node answer. A member alone has no quorum: it answers
# once most of the others are started too. --version v1.33.13 --record DIR --restore ID, and the other arguments of packages.
set_restore_paths
require_configuration
if [ ! -d "$restored" ] || [ -e "$restored/member" ]; then fail 'the restored member is not in its place on this node' 'Nothing was started: the step restoreControlPlane comes before.'; fi
for component in etcd kube-apiserver; do
  cmp -s "$record/files/etc/kubernetes/manifests/$component.yaml" "$manifests/$component.yaml" || fail "/etc/kubernetes/manifests/$component.yaml is not the recorded one" 'Nothing was started: the step restoreControlPlane comes before.'
done

member_answers() (
  find_etcd 2> /dev/null
  etcdctl endpoint health --command-timeout 4s > /dev/null 2>&1
)

# This node's own API server, not the load balancer in front of it.
api_server_answers() {
  address=$(recorded_flag kube-apiserver advertise-address)
  case $address in *:*) address="[$address]" ;; esac
  [ "$(kubectl --kubeconfig "$root/etc/kubernetes/admin.conf" --server "https://$address:$(recorded_flag kube-apiserver secure-port)" --request-timeout 5s get --raw /readyz 2> /dev/null)" = ok ]
}

restart_kubelet
started=$(date +%s)
waiting='the etcd member'
until member_answers && waiting='the API server' && api_server_answers; do
  [ $(($(date +%s) - started)) -lt 300 ] || fail "$waiting of this node does not answer 300 s after the start of the kubelet" 'It needs most of the members started. See the logs of its containers in /var/log/pods and the journal of the unit kubelet; mend it, then retry.'
  sleep 0.5
done
say "member and API server answer after $(($(date +%s) - started)) s"
say 'changed: yes'
