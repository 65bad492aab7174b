#!/bin/sh
# As root. 80 stays open: certificates are renewed through it, and it redirects to 443. ufw covers
# IPv4 and IPv6 and leaves loopback alone. Ports that Docker publishes pass by ufw: publish them on
# 127.0.0.1 only.
set -eu
ufw allow 80/tcp
ufw allow 443/tcp
ufw allow 22/tcp
ufw deny 8080/tcp
ufw --force enable
