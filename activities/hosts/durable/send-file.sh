#!/bin/sh
# Writes FILE to standard output, then its size and SHA-256 to standard error.
set -eu
export LC_ALL=C
file=${CAPSTAN_ROOT:-}$1
if [ ! -f "$file" ]; then
  printf 'capstan: file absent\n' >&2
  exit 0
fi
cat "$file"
sum=$(sha256sum <"$file")
printf 'capstan: file %s %s\n' "$(($(wc -c <"$file")))" "${sum%% *}" >&2
