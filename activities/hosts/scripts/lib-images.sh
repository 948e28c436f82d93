# shellcheck shell=sh disable=SC2034,SC2154
# Images of the container runtime, by crictl as the kubelet asks, and by containerd's own ctr where there is no crictl.
# ctr knows neither the kubelet's credentials nor the mirrors of the runtime's configuration: whether an image can be pulled it cannot say.

# Sets endpoint and image_endpoint to where the kubelet asks for containers and for images: crictl's own default is a guess.
# Without a word about it the kubelet asks containerd.
set_endpoints() {
  read_kubelet_flags
  set_kubelet_setting image-service-endpoint imageServiceEndpoint
  image_endpoint=$value
  set_kubelet_setting container-runtime-endpoint containerRuntimeEndpoint
  endpoint=${value:-unix:///run/containerd/containerd.sock}
  image_endpoint=${image_endpoint:-$endpoint}
}

# crictl at the kubelet's own runtime.
ask_runtime() {
  crictl --runtime-endpoint "$endpoint" --image-endpoint "$image_endpoint" "$@"
}

# Sets image_folder to where the runtime keeps its images, as it says itself.
set_image_folder() {
  image_folder=
  if have crictl; then
    set_endpoints
    image_folder=$(ask_runtime --timeout 10s imagefsinfo -o json 2> /dev/null | sed -n 's/.*"mountpoint": *"\([^"]*\)".*/\1/p' | head -n 1) || image_folder=
  fi
  for folder in /var/lib/containerd /var/lib/containers /var/lib; do
    [ -n "$image_folder" ] || [ ! -d "$root$folder" ] || image_folder=$folder
  done
}

# A list that cannot be read is not an empty one.
present_images() {
  if have crictl; then
    set_endpoints
    listed=$(ask_runtime --timeout 30s images -o json 2>&1) || fail "crictl cannot list the images at $image_endpoint: $(say "$listed" | tail -n 1)" 'That is where the kubelet of this host asks: see what its container runtime says.'
    say "$listed" | tr ',' '\n' | sed -n 's/.*"\([^" ]*:[^" @]*\)".*/\1/p'
  elif have ctr; then
    listed=$(ctr -n k8s.io images ls -q 2>&1) || fail "ctr cannot list the images: $(say "$listed" | tail -n 1)" 'See what containerd of this host says.'
    say "$listed"
  else
    fail 'neither crictl nor ctr is on this host' 'Install cri-tools, so that images can be listed and pulled.'
  fi
}

# Those of the images on stdin that are not on this host.
missing_images() {
  there=$(present_images) || exit
  while read -r image; do
    [ -n "$image" ] || continue
    has_line "$there" "$image" || say "$image"
  done
}

# As the kubelet pulls it, with the runtime's own mirrors, proxies, credentials and certificates.
pull_image() {
  if have crictl; then
    [ -n "${endpoint:-}" ] || set_endpoints
    ask_runtime pull "$1"
  else
    ctr -n k8s.io images pull "$1"
  fi
}

# Images of the version by the kubeadm $1. A worker runs three of them.
wanted_images() {
  set -- "$1" config images list --kubernetes-version "$version"
  [ -z "${image_repository:-}" ] || set -- "$@" --image-repository "$image_repository"
  code=0
  list=$("$@" 2>&1) || code=$?
  if [ "$code" != 0 ]; then
    said=$(say "$list" | tail -n 1)
    fail "kubeadm $version cannot list its images: ${said:-it ended with $code and said nothing}" "It was asked by \`$*\`."
  fi
  # What kubeadm warns of comes between them.
  while IFS= read -r image; do
    case ${images:-all}:$image in
      *' '*) ;;
      worker:*/kube-proxy:* | worker:*/pause:* | worker:*/coredns:* | all:*/*:*) say "$image" ;;
    esac
  done << IMAGES
$list
IMAGES
}

unpack_kubeadm() {
  "${family}_unpack_kubeadm" "$1"
}
