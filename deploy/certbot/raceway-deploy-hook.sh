#!/bin/sh
# Goes to /etc/letsencrypt/renewal-hooks/deploy/, mode 755; certbot runs it after each renewal.
# Certbot's private key is readable by root only. For server.tls (HTTPS without a proxy) this copies
# both files for the user raceway; the server takes them by itself. A proxy is told to reload.
set -eu
: "${RENEWED_LINEAGE:?certbot sets it}"
target=${RACEWAY_TLS_FOLDER:-/etc/raceway/tls}
owner=${RACEWAY_TLS_OWNER:-root:raceway}

if [ -d "$target" ]; then
  umask 077
  for file in privkey.pem fullchain.pem; do
    cp -L "$RENEWED_LINEAGE/$file" "$target/.$file.new"
    chown "$owner" "$target/.$file.new"
    chmod 640 "$target/.$file.new"
    mv -f "$target/.$file.new" "$target/$file"
  done
fi
if command -v systemctl >/dev/null && systemctl --quiet is-active nginx; then
  systemctl reload nginx
fi
