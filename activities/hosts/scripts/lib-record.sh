# shellcheck shell=sh disable=SC2034,SC2154
# What the node's configuration was before its first change: the way back. Needs: record.

# Paths below the root, a line each: the kubelet's files, and all of /etc/kubernetes but what kubeadm keeps there of former states.
configuration_files() {
  for file in var/lib/kubelet/config.yaml var/lib/kubelet/kubeadm-flags.env \
    etc/systemd/system/kubelet.service.d/10-kubeadm.conf usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf; do
    [ ! -f "$file" ] || say "$file"
  done
  find -L etc/kubernetes/ -path etc/kubernetes/tmp -prune -o -type f -print 2> /dev/null | sort
}

# Copies it, with the SHA-256 of each copy. The folder appears whole, before anything is changed, and is never written again.
keep_configuration() (
  [ ! -d "$record/files" ] || exit 0
  [ ! -e "$record/files.new" ] || rm -rf "$record/files.new"
  private_folder "$record/files.new"
  cd "$root/" || exit
  set --
  while IFS= read -r file; do
    [ -z "$file" ] || set -- "$@" "$file"
  done << FILES
$(configuration_files)
FILES
  [ $# -eq 0 ] || cp -p --parents "$@" "$record/files.new"
  cd "$record/files.new" || exit
  : > SHA256SUMS
  [ $# -eq 0 ] || sha256sum "$@" > SHA256SUMS
  sync SHA256SUMS "$@"
  mv "$record/files.new" "$record/files"
  sync "$record"
)
