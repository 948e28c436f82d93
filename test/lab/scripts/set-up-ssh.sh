#!/bin/bash
# Lets the lab's user in. Needs LAB_PUBLIC_KEY; LAB_ALLOWED_FROM limits the addresses that it may come from.
set -euo pipefail

install -d -m 700 -o ops -g ops /home/ops/.ssh
printf '%s\n' "$LAB_PUBLIC_KEY" > /home/ops/.ssh/authorized_keys
chown ops:ops /home/ops/.ssh/authorized_keys
chmod 600 /home/ops/.ssh/authorized_keys
if [ ! -s /etc/ssh/ssh_host_ed25519_key ]; then
  ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key
fi
printf 'HostKey /etc/ssh/ssh_host_ed25519_key\nAllowUsers ops%s\n' "${LAB_ALLOWED_FROM:+@$LAB_ALLOWED_FROM}" > /etc/ssh/sshd_config.d/lab-access.conf
systemctl enable --quiet ssh.service
systemctl restart ssh.service
cat /etc/ssh/ssh_host_ed25519_key.pub
