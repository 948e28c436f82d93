#!/bin/sh
# Settings of the host image that are the same on every host.
set -eu

chmod 755 /usr/local/sbin/lab-init /usr/local/sbin/lab-routes
useradd --create-home --shell /bin/bash --user-group ops
echo 'ops ALL=(ALL) NOPASSWD:ALL' > /etc/sudoers.d/ops
chmod 440 /etc/sudoers.d/ops
cat > /etc/ssh/sshd_config.d/lab.conf << 'SSHD'
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin no
UseDNS no
MaxStartups 50:30:200
SSHD

# Each host gets an identity of its own at its first start.
: > /etc/machine-id
# The journal outlives a restart of the host, so that a test can read what ran before.
mkdir -p /var/log/journal /etc/lab

systemctl set-default multi-user.target
systemctl enable lab-routes.service
systemctl disable ssh.service containerd.service haproxy.service nginx.service
systemctl mask systemd-udevd.service systemd-logind.service systemd-modules-load.service getty.target \
  console-getty.service apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer e2scrub_all.timer
