#!/bin/sh
# Begin of every script about one durable step: its folder, its unit, and the way to say something.
# shellcheck disable=SC2034 # What the scripts after it read.
set -eu
umask 077
export LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
root=${CAPSTAN_ROOT:-}$1 upgrade=$2 node=$3 step=$4 unit=$5
folder=$root/$upgrade/$node/$step

say() {
  printf 'capstan: %s\n' "$*" >&2
}
