# shellcheck shell=sh disable=SC2034,SC2154
# Images of the container runtime, by crictl where it is there and else by containerd's own ctr.

present_images() {
  if have crictl; then
    crictl images -o json 2> /dev/null | sed -n 's/.*"\([^" ]*:[^" @]*\)".*/\1/p'
  elif have ctr; then
    ctr -n k8s.io images ls -q
  else
    fail 'neither crictl nor ctr is on this host' 'Install cri-tools, so that images can be listed and pulled.'
  fi
}

# Those of the images on stdin that are not on this host.
missing_images() {
  there=$(present_images)
  while read -r image; do
    [ -n "$image" ] || continue
    has_line "$there" "$image" || say "$image"
  done
}

pull_image() {
  if have crictl; then crictl pull "$1"; else ctr -n k8s.io images pull "$1"; fi
}

# Images of the version by the kubeadm $1. A worker runs three of them.
wanted_images() {
  set -- "$1" config images list --kubernetes-version "$version"
  [ -z "${image_repository:-}" ] || set -- "$@" --image-repository "$image_repository"
  list=$("$@" 2> /dev/null)
  for image in $list; do
    case ${images:-all}:$image in
      worker:*/kube-proxy:* | worker:*/pause:* | worker:*/coredns:* | all:*) say "$image" ;;
    esac
  done
}

unpack_kubeadm() {
  "${family}_unpack_kubeadm" "$1"
}
