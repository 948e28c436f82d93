# shellcheck shell=sh disable=SC2034,SC2154
# What the kubelet of this host runs with: the flags of its process, the drop-ins of its --config-dir and its configuration file, of
# which the former count before the latter. A file that kubeadm or a packager is known to use may be any other file's former state.

# Sets kubelet_flags to the words of the main process of the unit kubelet, a line each; where it does not run, to those that its
# unit hands it.
read_kubelet_flags() {
  kubelet_flags=
  main=$(systemctl show -p MainPID kubelet 2> /dev/null | sed -n 's/^MainPID=//p') || main=
  case $main in
    '' | 0 | *[!0-9]*) ;;
    *) kubelet_flags=$( (tr '\0' '\n' < "${CAPSTAN_PROC:-/proc}/$main/cmdline") 2> /dev/null) || kubelet_flags= ;;
  esac
  [ -z "$kubelet_flags" ] || return 0
  for file in var/lib/kubelet/kubeadm-flags.env etc/default/kubelet etc/sysconfig/kubelet; do
    [ ! -f "$root/$file" ] || kubelet_flags="$kubelet_flags
$(sed -n 's/^[A-Z_]*ARGS=//p' "$root/$file" | tr -d "\"'" | tr ' ' '\n')"
  done
}

# Sets value to that of the flag --$1, the last where there are several, `true` where it has none; to nothing where it is absent.
set_kubelet_flag() {
  value=$(say "$kubelet_flags" | awk -v flag="--$1" '
    { name = $0; sub(/=.*/, "", name); gsub(/_/, "-", name) }
    waits { if ($0 !~ /^--/) found = $0; waits = 0 }
    name == flag { if (index($0, "=")) { found = substr($0, index($0, "=") + 1) } else { found = "true"; waits = 1 } }
    END { print found }')
}

# Sets value to that of the key $1 in the drop-ins of --config-dir, in the order in which the kubelet reads them.
set_kubelet_drop_in() {
  set_kubelet_flag config-dir
  folder=$value
  found=
  if [ -n "$folder" ] && [ -d "$root$folder" ]; then
    for file in $(find "$root$folder/" -name '*.conf' | sort); do
      set_value "$1" "$file"
      [ -z "$value" ] || found=$value
    done
  fi
  value=$found
}

# Sets value to that of the key $1 in the configuration file that the kubelet was started with.
set_kubelet_file() {
  set_kubelet_flag config
  set_value "$1" "$root${value:-/var/lib/kubelet/config.yaml}"
}

# Sets value to what counts of the flag --$1 and the key $2, without quotes and comments; to nothing where neither is there.
set_kubelet_setting() {
  set_kubelet_flag "$1"
  [ -n "$value" ] || set_kubelet_drop_in "$2"
  [ -n "$value" ] || set_kubelet_file "$2"
  value=${value%% #*}
  value=$(say "$value" | tr -d "\"' \r")
}
