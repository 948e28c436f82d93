#!/bin/sh
# Routes to the pods of the other nodes: one line of /etc/lab/routes each, SUBNET VIA.
set -eu

[ -f /etc/lab/routes ] || exit 0
while read -r subnet via; do
  ip route replace "$subnet" via "$via"
done < /etc/lab/routes
