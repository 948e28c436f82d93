#!/bin/bash
# Makes a host ready for kubeadm. Safe to run again: what is there stays.
# Needs LAB_POD_SUBNET, LAB_ROUTES, LAB_SANDBOX_IMAGE, LAB_REPOSITORY, LAB_PACKAGE_FORMAT (deb or rpm), LAB_PACKAGE_VERSION; image archives are in /lab/images,
# their names in LAB_ARCHIVES.
set -euo pipefail

printf '%s' "$LAB_ROUTES" > /etc/lab/routes
systemctl restart lab-routes.service

everywhere=0.0.0.0/0
case $LAB_POD_SUBNET in
  *:*)
    everywhere=::/0
    sysctl -q -w net.ipv6.conf.all.forwarding=1
    if [ -e /proc/sys/net/bridge/bridge-nf-call-ip6tables ]; then sysctl -q -w net.bridge.bridge-nf-call-ip6tables=1; fi
    ;;
esac
mkdir -p /etc/cni/net.d
cat > /etc/cni/net.d/10-lab.conflist << CNI
{
  "cniVersion": "1.0.0",
  "name": "lab",
  "plugins": [
    {
      "type": "bridge",
      "bridge": "cni0",
      "isGateway": true,
      "ipMasq": true,
      "hairpinMode": true,
      "ipam": {"type": "host-local", "ranges": [[{"subnet": "$LAB_POD_SUBNET"}]], "routes": [{"dst": "$everywhere"}]}
    },
    {"type": "portmap", "capabilities": {"portMappings": true}}
  ]
}
CNI

if [ ! -e /etc/containerd/lab ]; then
  mkdir -p /etc/containerd
  # The kubelet may not lower a score below its own where CAP_SYS_RESOURCE is missing.
  containerd config default | sed \
    -e 's|restrict_oom_score_adj = false|restrict_oom_score_adj = true|' \
    -e "s|sandbox_image = .*|sandbox_image = \"$LAB_SANDBOX_IMAGE\"|" > /etc/containerd/config.toml
  touch /etc/containerd/lab
fi
systemctl enable --quiet --now containerd.service

for archive in $LAB_ARCHIVES; do
  done="/var/lib/lab/imported/$(basename "$archive")"
  [ ! -e "$done" ] || continue
  ctr -n k8s.io images import "/lab/images/$archive" > /dev/null
  mkdir -p "$(dirname "$done")"
  touch "$done"
done

install_deb() {
  printf 'deb [trusted=yes] %s /\n' "$LAB_REPOSITORY" > /etc/apt/sources.list.d/kubernetes.list
  export DEBIAN_FRONTEND=noninteractive
  dpkg --configure -a
  apt-get update -q > /dev/null
  # The flag is the lab's own: see oomScoreAdj in the kubelet's configuration.
  printf 'KUBELET_EXTRA_ARGS=--oom-score-adj=0\n' > /etc/default/kubelet
  apt-get install -qy --allow-change-held-packages -o Dpkg::Options::=--force-confold \
    "kubelet=$LAB_PACKAGE_VERSION" "kubeadm=$LAB_PACKAGE_VERSION" "kubectl=$LAB_PACKAGE_VERSION" > /dev/null
  apt-mark hold kubelet kubeadm kubectl > /dev/null
}

# With the community's own `exclude`, which keeps common upgrades away from the packages.
install_rpm() {
  mkdir -p /etc/yum.repos.d
  cat > /etc/yum.repos.d/kubernetes.repo << REPO
[kubernetes]
name=Kubernetes
baseurl=$LAB_REPOSITORY
enabled=1
gpgcheck=0
exclude=kubelet kubeadm kubectl cri-tools kubernetes-cni
REPO
  printf 'KUBELET_EXTRA_ARGS=--oom-score-adj=0\n' > /etc/default/kubelet
  dnf -q -y install --disableexcludes=kubernetes \
    "kubelet-$LAB_PACKAGE_VERSION" "kubeadm-$LAB_PACKAGE_VERSION" "kubectl-$LAB_PACKAGE_VERSION" > /dev/null
}

# A node that was upgraded keeps its packages.
if [ ! -e /etc/kubernetes/kubelet.conf ]; then "install_$LAB_PACKAGE_FORMAT"; fi
