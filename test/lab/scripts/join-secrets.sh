#!/bin/bash
# Prints what joining nodes need: a token, the hash of the CA's key, the key of the uploaded certificates.
set -euo pipefail

kubeadm token create --ttl 1h
folder=$(sed -n 's/^certificatesDir: //p' /var/lib/lab/init.yaml)
openssl x509 -pubkey -noout -in "${folder:-/etc/kubernetes/pki}/ca.crt" | openssl pkey -pubin -outform der | sha256sum | sed 's/ .*//; s/^/sha256:/'
# kubeadm takes the key from the configuration or from a flag, but no configuration beside the flag, and without a
# configuration it asks the internet for the newest version.
key=$(kubeadm certs certificate-key)
config=$(mktemp)
trap 'rm -f "$config"' EXIT
sed "s/^kind: InitConfiguration\$/&\\ncertificateKey: $key/" /var/lib/lab/init.yaml > "$config"
kubeadm init phase upload-certs --upload-certs --config "$config" > /dev/null
printf '%s\n' "$key"
