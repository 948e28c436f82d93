#!/bin/bash
# Load balancer and package server. Needs LAB_HAPROXY, the whole configuration; packages are in /lab/apt.
set -euo pipefail

if [ "$LAB_HAPROXY" != "$(cat /etc/haproxy/haproxy.cfg)" ]; then
  printf '%s\n' "$LAB_HAPROXY" > /etc/haproxy/haproxy.cfg
  haproxy -c -q -f /etc/haproxy/haproxy.cfg
  systemctl enable --quiet haproxy.service
  systemctl restart haproxy.service
fi
cat > /etc/nginx/sites-enabled/packages << 'NGINX'
server {
  listen 80 default_server;
  listen [::]:80 default_server;
  root /lab/apt;
  autoindex on;
}
NGINX
systemctl enable --quiet nginx.service
systemctl restart nginx.service
