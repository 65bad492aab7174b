#!/bin/sh
# As root. Closes Raceway's port to everybody but this machine, IPv4 and IPv6; the proxy reaches it
# through loopback. Running it again changes nothing. Ports that Docker publishes do not pass
# INPUT: publish them on 127.0.0.1 only. To keep the rules over a restart, install the package
# iptables-persistent and run `netfilter-persistent save`.
set -eu
for table in iptables ip6tables; do
  add() { "$table" -w -C INPUT "$@" 2>/dev/null || "$table" -w -I INPUT "$@"; }
  # The last one inserted comes first.
  add -p tcp --dport 80 -j ACCEPT
  add -p tcp --dport 443 -j ACCEPT
  add ! -i lo -p tcp --dport 8080 -j DROP
done
