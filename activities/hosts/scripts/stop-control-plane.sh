# shellcheck shell=sh disable=SC2034,SC2154
# Ends this node's kubelet and its control plane, so that etcd can be restored. Workloads run on. $1: record folder.
record=$root$1
manifests=$root/etc/kubernetes/manifests
aside=$record/restore/manifests

# The kubelet first: it would start anew what ends.
systemctl stop kubelet
private_folder "$aside"
processes=
for component in kube-apiserver kube-controller-manager kube-scheduler etcd; do
  processes="$processes $(process_of_component "$component")"
done
for component in kube-apiserver kube-controller-manager kube-scheduler etcd; do
  [ ! -e "$manifests/$component.yaml" ] || mv "$manifests/$component.yaml" "$aside/"
done
