#!/bin/sh
# Creates the namespace and the search attributes that Capstan uses, where they are missing.
# Environment: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE (both read by `temporal`), RETENTION.
set -eu

temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1 ||
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "$RETENTION"

# A new namespace is known to every part of the server only after some seconds.
tries=0
until known=$(temporal operator search-attribute list); do
  tries=$((tries + 1))
  [ "$tries" -lt 30 ] || exit 1
  sleep 1
done
for name in CapstanCluster CapstanPhase CapstanState CapstanTarget; do
  printf '%s\n' "$known" | grep -qw "$name" || temporal operator search-attribute create --name "$name" --type Keyword
done
