# shellcheck shell=sh disable=SC2034,SC2154
set -eu
# kubeadm and packagers' scripts count on it: certificates, for one, are readable by all.
umask 022
LC_ALL=C
DEBIAN_FRONTEND=noninteractive
# needrestart hooks into apt and would restart or ask.
NEEDRESTART_SUSPEND=1
export LC_ALL DEBIAN_FRONTEND NEEDRESTART_SUSPEND

# Every path of the host begins with it. Empty but in tests.
root=${CAPSTAN_ROOT:-}

say() {
  printf '%s\n' "$*"
}

# Ends the script. $1: the cause. $2: what to do about it.
fail() {
  printf 'error: %s\n' "$1" >&2
  [ $# -lt 2 ] || printf 'next: %s\n' "$2" >&2
  exit 1
}

have() {
  command -v "$1" > /dev/null 2>&1
}

# True where one line of the text $1 is $2.
has_line() {
  case "
$1
" in
    *"
$2
"*) return 0 ;;
    *) return 1 ;;
  esac
}

# What the sed expression $1 makes of the first line of file $2 that it changes; nothing where there is none.
first_value() {
  [ -f "$2" ] || return 0
  sed -n -e "$1" -e 't found' -e d -e ':found' -e p -e q "$2"
}

# Sets value to that of the key $1 at the margin of the YAML file $2, as it is written there; to nothing where there is none.
set_value() {
  value=
  [ -f "$2" ] || return 0
  while IFS= read -r line || [ -n "$line" ]; do
    # YAML may also be JSON, a key on each line.
    case $line in *"\"$1\":"*) line=$1:${line#*"\"$1\":"} line=${line%,} ;; esac
    case $line in
      "$1:"*)
        value=${line#*:}
        value=${value#"${value%%[! ]*}"}
        return 0
        ;;
    esac
  done < "$2"
}

# Sets count to the number of lines on standard input.
set_count() {
  count=0
  while read -r _; do count=$((count + 1)); done
}

# Creates folders for root alone, with those above them.
private_folder() {
  for private; do
    shift
    [ -d "$private" ] || set -- "$@" "$private"
  done
  [ $# -eq 0 ] || (umask 077 && mkdir -p "$@")
}

# Sets scratch to a new folder for root alone, which is to be removed by whoever asked for it. Never below /tmp: what is unpacked
# there may not be run where /tmp is mounted noexec, and anybody may write beside it.
scratch_folder() {
  private_folder "$root/var/lib/capstan/scratch"
  # What a script that was cut off left there: no script runs so long.
  find "$root/var/lib/capstan/scratch" -mindepth 1 -maxdepth 1 -mmin +1440 -exec rm -rf {} +
  scratch=$(mktemp -d "$root/var/lib/capstan/scratch/XXXXXXXX")
}
