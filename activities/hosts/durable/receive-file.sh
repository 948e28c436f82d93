#!/bin/sh
# Writes standard input to FILE when it has the SHA-256 SUM, mode 0600, under another name first: a connection that breaks
# in the middle leaves the former file.
set -eu
umask 077
export LC_ALL=C
file=${CAPSTAN_ROOT:-}$1 sum=$2
mkdir -p "$(dirname "$file")"
partial=$(mktemp "$file.XXXXXX")
trap 'rm -f "$partial"' EXIT
cat >"$partial"
received=$(sha256sum <"$partial")
if [ "${received%% *}" != "$sum" ]; then
  printf 'capstan: file incomplete\n' >&2
  exit 0
fi
sync "$partial"
mv "$partial" "$file"
printf 'capstan: file written\n' >&2
