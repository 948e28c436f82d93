# shellcheck shell=sh disable=SC2034,SC2154
# What this node has of what kubeadm's upgrade writes, beside what the kubeadm that is installed makes of the cluster's
# configuration, by a dry run into a folder of its own: it asks no API, and nothing on the node changes.
# $1: node, $2: ClusterConfiguration without its version, or nothing on a worker, $3: the same without a person's additions, where
# it has any or patches are given, $4: yes where add-ons are asked for; then NAME and TEXT of each patch.
node=$1
configuration=$2
plain=$3
with_addons=$4
shift 4
manifests=$root/etc/kubernetes/manifests

# A file as a line that names it, and its own lines behind a blank.
show() {
  [ -f "$2" ] || return 0
  say "$1"
  sed 's/^/ /' "$2"
  say
}

show kubelet "$root/var/lib/kubelet/config.yaml"
server=$manifests/kube-apiserver.yaml
{ [ -n "$configuration" ] && [ -f "$server" ]; } || exit 0
components='kube-apiserver kube-controller-manager kube-scheduler etcd'
for component in $components; do show "running $component" "$manifests/$component.yaml"; done

scratch_folder
trap 'rm -rf "$scratch"' EXIT
# A connection that breaks ends the script, and what it has written may hold secrets.
trap 'exit 143' HUP INT PIPE TERM
umask 077
mkdir "$scratch/patches"
patches=
while [ $# -gt 0 ]; do
  patches=$scratch/patches
  printf '%s' "$2" > "$patches/$1"
  shift 2
done

# kubeadm writes the proxies of its environment into manifests, and the unit of an upgrade has none.
for name in $(env | sed -n 's/^\([A-Za-z_]*_[Pp][Rr][Oo][Xx][Yy]\)=.*/\1/p'); do unset "$name"; done

# The flag $1 of the API server.
flag() {
  first_value "s/^ *- --$1=//" "$server"
}

endpoint=$(first_value "s/^ *kubeadm\.kubernetes\.io\/kube-apiserver\.advertise-address\.endpoint: *[\"']*\([^\"' ]*\).*/\1/" "$server")
if [ -n "$endpoint" ]; then
  address=${endpoint%:*}
  port=${endpoint##*:}
else
  address=$(flag advertise-address)
  port=$(flag secure-port)
fi
address=${address#"["}
address=${address%"]"}

# Writes the manifests of version $1 by the configuration $2 and the patches in folder $3 into the folder out, and what kubeadm
# says into the file log.
render() {
  [ -n "$1" ] || return 1
  rm -rf "$scratch/out"
  mkdir "$scratch/out"
  {
    say "$2" | sed -n '/^apiVersion:/p'
    say 'kind: InitConfiguration'
    say "localAPIEndpoint: {advertiseAddress: \"$address\", bindPort: ${port:-6443}}"
    # No runtime is asked; one that is named is not looked for.
    say "nodeRegistration: {name: \"$node\", criSocket: \"unix:///run/containerd/containerd.sock\"}"
    [ -z "$3" ] || say "patches: {directory: \"$3\"}"
    say ---
    say "$2"
    say "kubernetesVersion: \"$1\""
  } > "$scratch/config.yaml"
  dry_run control-plane all || return 1
  [ ! -f "$manifests/etcd.yaml" ] || dry_run etcd local
}

dry_run() {
  KUBEADM_INIT_DRYRUN_DIR=$scratch/out kubeadm init phase "$@" --dry-run --config "$scratch/config.yaml" > "$scratch/log" 2>&1
}

# Add-ons by the configuration of the last render, each as `$1 NAME`. Versions before v1.30 print none.
show_addons() {
  [ -n "$with_addons" ] || return 0
  for addon in kube-proxy coredns; do
    if kubeadm init phase addon "$addon" --print-manifest --config "$scratch/config.yaml" > "$scratch/addon" 2> "$scratch/log"; then show "$1 $addon" "$scratch/addon"; fi
  done
}

# A kubeadm that is newer by more than a minor takes its own version only.
running=$(first_value "s/^ *image: *[\"']*[^\"' ]*:\(v[0-9][^\"'@ ]*\).*/\1/" "$server")
if ! render "$running" "$configuration" "$patches"; then
  running=$(kubeadm version -o short)
  render "$running" "$configuration" "$patches" || running=
fi
if [ -n "$running" ]; then
  for component in $components; do show "wanted $component" "$scratch/out/$component.yaml"; done
  show_addons addon
  if [ -n "$plain" ] && render "$running" "$plain" ''; then
    for component in $components; do show "plain $component" "$scratch/out/$component.yaml"; done
    show_addons plain-addon
  fi
else
  say 'failed'
  grep -v '^To see the stack trace' "$scratch/log" | tail -n 5 | sed 's/^/ /'
fi
