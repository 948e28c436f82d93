# shellcheck shell=sh disable=SC2034,SC2154
# Makes the kubelet look at a static pod at once. When kubeadm replaces a manifest, the kubelet may not start the new pod
# before the old one has ended; it looks again only 10 to 15 s later, though the old process ends within a second. Any
# change of the pod's mirror pod in the API makes it look: an annotation, on a mirror pod that it deletes in that very
# look. Measured in docs/control-plane-upgrade.md.

# Starts a companion that does so for the controller manager and the scheduler; to be called right before kubeadm.
# $1: name of this node.
start_kubelet_wakes() {
  wakes=
  for component in kube-controller-manager kube-scheduler; do
    [ -e "$root/etc/kubernetes/manifests/$component.yaml" ] || continue
    process=$(process_of_component "$component")
    [ -n "$process" ] || continue
    # Read here: the words of a command in the background are read by the background, which may come too late.
    mark=$(manifest_mark "$component")
    wake_when_replaced "$component" "$process" "$mark" "$1" &
    wakes="$wakes $!"
  done
}

# Ends the companions that still wait; to be called right after kubeadm, whatever its result.
stop_kubelet_wakes() {
  for wake in ${wakes:-}; do
    kill "$wake" 2> /dev/null || true
    wait "$wake" 2> /dev/null || true
  done
  wakes=
}

# $1: component, $2: its process until now, $3: mark of its manifest, $4: name of this node.
wake_when_replaced() {
  mirror_pod=$(mirror_pod_of "$1" "$4")
  while [ "$(manifest_mark "$1")" = "$3" ]; do sleep 0.2; done
  while kill -0 "$2" 2> /dev/null; do sleep 0.2; done
  look=0
  while [ "$look" -lt 5 ]; do
    look=$((look + 1))
    # The kubelet needs about a second to see the end of the process and to put its volumes away.
    sleep 1.2
    if [ -n "$(process_of_component "$1")" ]; then return 0; fi
    wake_kubelet "$mirror_pod" "$look"
  done
}

# Name and hash of the mirror pod of component $1 on node $2; nothing where the API does not say.
mirror_pod_of() {
  kubectl --kubeconfig "$root/etc/kubernetes/admin.conf" --request-timeout=10s -n kube-system get pod "$1-$2" \
    -o 'jsonpath={.metadata.name} {.metadata.annotations.kubernetes\.io/config\.hash}' 2> /dev/null || true
}

# $1: what mirror_pod_of said, $2: a value that was not used before. The hash is tested in the same request: a mirror pod
# that was replaced meanwhile keeps no mark of ours.
wake_kubelet() {
  [ -n "$1" ] || return 0
  mark="[{\"op\":\"test\",\"path\":\"/metadata/annotations/kubernetes.io~1config.hash\",\"value\":\"${1#* }\"},{\"op\":\"add\",\"path\":\"/metadata/annotations/capstan.dev~1look\",\"value\":\"$2\"}]"
  if kubectl --kubeconfig "$root/etc/kubernetes/admin.conf" --request-timeout=5s -n kube-system patch pod "${1%% *}" --type=json -p "$mark" > /dev/null 2>&1; then
    say "${1%% *}: asked the kubelet to look"
  fi
}

# Changes when the manifest of component $1 is replaced.
manifest_mark() {
  stat -c '%i %Y' "$root/etc/kubernetes/manifests/$1.yaml" 2> /dev/null || true
}
