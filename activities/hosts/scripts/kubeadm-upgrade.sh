# shellcheck shell=sh disable=SC2034,SC2154
# Runs kubeadm's upgrade of this node. $1: record folder, $2: version to upgrade to, the rest: kubeadm's own arguments.
record=$root$1
version=$2
shift 2
private_folder "$record"
# What is there before shows afterwards which folders this upgrade wrote.
if [ ! -e "$record/backups-before" ]; then
  for folder in "$root"/etc/kubernetes/tmp/kubeadm-backup-*; do say "$folder"; done > "$record/backups-before"
fi

# API servers of the whole cluster that are ready now; none where the API does not say.
ready_api_servers() {
  kubectl --kubeconfig "$root/etc/kubernetes/admin.conf" --request-timeout=10s -n kube-system get pods -l component=kube-apiserver \
    -o 'jsonpath={range .items[*]}{.status.conditions[?(@.type=="Ready")].status}{"\n"}{end}' 2> /dev/null | grep -c True || true
}

if [ -e "$root/etc/kubernetes/manifests/etcd.yaml" ]; then start_api_server_release "$(ready_api_servers)" "$version"; fi
code=0
kubeadm "$@" || code=$?
stop_api_server_release
exit "$code"
