#!/bin/bash
# Prints what joining nodes need: a token, the hash of the CA's key, the key of the uploaded certificates.
set -euo pipefail

kubeadm token create --ttl 1h
openssl x509 -pubkey -noout -in /etc/kubernetes/pki/ca.crt | openssl pkey -pubin -outform der | sha256sum | sed 's/ .*//; s/^/sha256:/'
key=$(kubeadm certs certificate-key)
kubeadm init phase upload-certs --upload-certs --certificate-key "$key" --config /etc/kubernetes/lab-init.yaml > /dev/null
printf '%s\n' "$key"
