#!/bin/sh
# Starts Raceway in Docker behind a proxy on this machine. RACEWAY_API_KEYS must be set: a JSON
# array of keys. Ports are published on 127.0.0.1 only, because ports that Docker publishes pass
# by ufw. 172.17.0.1 is Docker's own end of the bridge, where the proxy's requests come from.
set -eu
: "${RACEWAY_API_KEYS:?set it to a JSON array of keys, see raceway keygen}"
exec docker run --detach --name raceway --restart unless-stopped \
  --publish 127.0.0.1:8080:8080 \
  --publish 127.0.0.1:4317:4317 \
  --publish 127.0.0.1:4318:4318 \
  --memory=1g \
  --cpus=2 \
  --read-only \
  --tmpfs /tmp \
  --cap-drop ALL \
  --security-opt no-new-privileges \
  --env RACEWAY_API_KEYS \
  --env RACEWAY_SERVER_AUTH_ENABLED=true \
  --env RACEWAY_SERVER_TRUSTED_PROXIES=172.17.0.1 \
  raceway:latest "$@"
