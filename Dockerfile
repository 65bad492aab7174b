# Two stages: the first compiles, the second holds what runs and nothing else.

FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY src src
COPY web web
COPY scripts/bundle-server.mjs scripts/bundle-postgres-parser.mjs scripts/
RUN npm run build && chmod 755 dist/main.js
RUN npm ci --omit=dev
# What settings of a container may ask for (storage.memory.directory, mcp.enabled), in the versions of the lock.
RUN npm install --no-save --omit=dev $(node -p "['classic-level', '@modelcontextprotocol/sdk'].map((name) => name + '@' + require('./package-lock.json').packages['node_modules/' + name].version).join(' ')")

FROM node:24-slim
ENV NODE_ENV=production
ENV NODE_OPTIONS="--enable-source-maps"
# What is freed goes back to the system, instead of lying idle in arenas of malloc.
ENV MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=131072 MALLOC_TRIM_THRESHOLD_=131072
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY migrations migrations
RUN ln -s /app/dist/main.js /usr/local/bin/raceway

# The user `node` of the image by number, so that runAsNonRoot can tell. Files belong to root.
USER 1000:1000
EXPOSE 8080 4317 4318
HEALTHCHECK --interval=10s --start-period=30s --start-interval=1s \
  CMD ["raceway", "healthcheck", "--host", "0.0.0.0"]
# The host and the ports of exporters are arguments, not variables: a variable would win over a mounted raceway.toml.
ENTRYPOINT ["raceway"]
CMD ["serve", "--host", "0.0.0.0", "--otlp-http-port", "4318", "--otlp-grpc-port", "4317"]
