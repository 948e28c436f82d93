# shellcheck shell=sh disable=SC2034,SC2154
# What kubeadm's upgrade left on this node, a line each. $1: record folder, $2: version.
record=$root$1
manifests=$root/etc/kubernetes/manifests
say "kubeadm $(kubeadm version -o short)"
kubeadms=$(host_processes kubeadm)
[ -z "$kubeadms" ] || say 'running kubeadm'
for manifest in "$manifests"/*.yaml; do
  [ -f "$manifest" ] || continue
  name=${manifest##*/}
  say "image ${name%.yaml} $(first_value "s/^ *image: *[\"']*\([^\"']*\).*/\1/" "$manifest")"
done
kubeadm config images list --kubernetes-version "$2" 2> /dev/null | sed -n 's/^/wanted /p'

# The API server of this node itself, not the load balancer in front of it.
flag() {
  first_value "s/^ *- --$1=//" "$manifests/kube-apiserver.yaml"
}
address=$(flag advertise-address)
case $address in *:*) address="[$address]" ;; esac
server=https://${address:-127.0.0.1}:$(flag secure-port)
admin=$root/etc/kubernetes/admin.conf
if [ -f "$admin" ] && [ -f "$manifests/kube-apiserver.yaml" ]; then
  ready=$(kubectl --kubeconfig "$admin" --server "$server" --request-timeout 5s get --raw /readyz 2>&1 | head -n 1) || true
  say "readyz $ready"
  say "serving $(kubectl --kubeconfig "$admin" --server "$server" --request-timeout 5s get --raw /version 2> /dev/null | sed -n 's/.*"gitVersion": *"\([^"]*\)".*/\1/p')"
fi

if [ -e "$record/backups-before" ]; then
  for folder in "$root"/etc/kubernetes/tmp/kubeadm-backup-*; do
    if [ -d "$folder" ] && ! grep -qxF "$folder" "$record/backups-before"; then say "backup ${folder#"$root"}"; fi
  done
fi
