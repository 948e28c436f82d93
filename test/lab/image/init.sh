#!/bin/sh
# First process of a host: makes the mounts what systemd, containerd and the kubelet expect, then becomes systemd.
# It runs at every start, so a restarted host comes back by itself.
set -u

mount -o remount,bind,rw /sys/fs/cgroup
for hierarchy in /sys/fs/cgroup/*/; do
  if mountpoint -q "$hierarchy"; then mount -o remount,bind,rw "$hierarchy"; fi
done
mount -o remount,bind,rw /sys
mount --make-rshared /
sysctl -q -w net.ipv4.ip_forward=1
if [ -e /proc/sys/net/bridge/bridge-nf-call-iptables ]; then sysctl -q -w net.bridge.bridge-nf-call-iptables=1; fi

# Docker's own resolver is 127.0.0.11, which CoreDNS would take for itself and call a loop.
umount /etc/resolv.conf
ip -4 route show default | sed -n 's/^default via \([0-9.]*\).*/nameserver \1/p' > /etc/resolv.conf

# On a virtual machine systemd would take the machine's own id, and all hosts would be clones of one.
if [ ! -s /etc/machine-id ]; then tr -d - < /proc/sys/kernel/random/uuid > /etc/machine-id; fi

exec /sbin/init
