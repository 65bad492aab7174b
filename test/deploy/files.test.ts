/** The files of deploy/, held against the server: names, numbers, and the settings of the seed. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { parse, parseAllDocuments } from 'yaml';
import { variablesOf } from '../../src/config/environment.ts';
import { keys, settingsSchema } from '../../src/config/schema.ts';
import { faultLines } from '../support/config.ts';

const folder = new URL('../../deploy/', import.meta.url);
const mebibyte = 2 ** 20;

function read(path: string): string {
  return readFileSync(new URL(path, folder), 'utf8');
}

const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
  statSync(new URL(path, folder)).isFile(),
);

test('every file that starts a server asks for keys in so many words', () => {
  const starting = files.filter((path) =>
    /raceway:latest|main\.js serve|raceway serve/.test(read(path)),
  );
  assert.deepEqual(
    starting.filter((path) => !path.startsWith('prometheus')).sort(),
    [
      'aws.md',
      'docker/run.sh',
      'kubernetes/deployment.yaml',
      'systemd/raceway.service',
      'traefik/docker-compose.yml',
    ].sort(),
  );
  for (const path of starting) {
    assert.match(read(path), /RACEWAY_SERVER_AUTH_ENABLED[\s\S]{1,40}true/, path);
  }
});

test('every variable that a file sets is one of Raceway', () => {
  const known = new Set([...keys.flatMap(variablesOf), 'RACEWAY_TLS_FOLDER', 'RACEWAY_TLS_OWNER']);
  for (const path of files) {
    for (const [name] of read(path).matchAll(/\bRACEWAY_[A-Z_]+\b/g)) {
      // A name that the text warns about, because Kubernetes would set it.
      if (name === 'RACEWAY_SERVER_PORT' && path.endsWith('/deployment.yaml')) continue;
      assert.ok(known.has(name), `${path}: ${name}`);
    }
  }
});

test('the body size of the proxies is the server’s limit and a small margin', () => {
  const limit = settingsSchema.parse({}).server.max_body_bytes;
  const nginx = Number(/client_max_body_size (\d+)m;/.exec(read('nginx/raceway.conf'))?.[1]);
  const caddy = Number(/max_size (\d+)MiB/.exec(read('caddy/Caddyfile'))?.[1]);
  for (const size of [nginx, caddy]) {
    assert.ok(size * mebibyte > limit && size * mebibyte <= limit * 1.25, String(size));
  }
});

test('T2: /events has a limit of its own in nginx and Traefik, the rest that of the guide', () => {
  const limits = read('nginx/raceway-limits.conf');
  assert.match(limits, /zone=raceway_events:10m rate=3000r\/m;/);
  assert.match(limits, /zone=raceway:10m rate=100r\/m;/);
  assert.match(limits, /zone=raceway_pages:10m rate=600r\/m;/);
  const site = read('nginx/raceway.conf');
  assert.match(
    site,
    /location ~ \^\/events\/\?\$ \{\s+limit_req zone=raceway_events burst=200 nodelay;/,
  );
  assert.match(site, /location \/ \{\s+limit_req zone=raceway burst=20 nodelay;/);
  const { labels } = parse(read('traefik/docker-compose.yml')).services.raceway;
  for (const [name, average, burst] of [
    ['raceway-events-limit', 3000, 200],
    ['raceway-limit', 100, 20],
    ['raceway-pages-limit', 600, 100],
  ]) {
    const prefix = `traefik.http.middlewares.${name}.ratelimit`;
    assert.ok(labels.includes(`${prefix}.average=${average}`));
    assert.ok(labels.includes(`${prefix}.period=1m`));
    assert.ok(labels.includes(`${prefix}.burst=${burst}`));
  }
});

test('Traefik compose: the seed’s services with its traps mended', () => {
  const compose = parse(read('traefik/docker-compose.yml'));
  assert.equal(compose.version, undefined);
  const { traefik, raceway } = compose.services;
  const [major, minor, patch] =
    /traefik:v(\d+)\.(\d+)\.(\d+)$/.exec(traefik.image)?.slice(1).map(Number) ?? [];
  assert.ok(Number(major) * 1e6 + Number(minor) * 1e3 + Number(patch) >= 3_006_001, traefik.image);
  for (const argument of [
    '--providers.docker=true',
    '--providers.docker.exposedbydefault=false',
    '--entrypoints.web.http.redirections.entrypoint.to=websecure',
    '--certificatesresolvers.myresolver.acme.tlschallenge=true',
  ]) {
    assert.ok(traefik.command.includes(argument), argument);
  }
  assert.equal(raceway.ports, undefined, 'only Traefik is reachable from outside');
  assert.match(raceway.environment.RACEWAY_API_KEYS, /^\$\{RACEWAY_API_KEYS:\?/);
  const [{ subnet }] = compose.networks.edge.ipam.config;
  assert.equal(raceway.environment.RACEWAY_SERVER_TRUSTED_PROXIES, subnet);
  const { hostname } = new URL(raceway.environment.RACEWAY_SERVER_PUBLIC_URL);
  assert.ok(raceway.labels.includes(`traefik.http.routers.raceway.rule=Host(\`${hostname}\`)`));
  assert.ok(raceway.labels.includes('traefik.http.services.raceway.loadbalancer.server.port=8080'));
  // Every router is one over TLS, and every middleware that is named is defined.
  const labels: string[] = raceway.labels;
  const routers = new Set(labels.flatMap((label) => /routers\.([\w-]+)\./.exec(label)?.[1] ?? []));
  const named = ['raceway', 'raceway-events', 'raceway-grpc', 'raceway-pages'];
  assert.deepEqual([...routers].sort(), named);
  for (const router of routers) {
    assert.ok(labels.includes(`traefik.http.routers.${router}.entrypoints=websecure`));
    assert.ok(labels.includes(`traefik.http.routers.${router}.tls.certresolver=myresolver`));
    const [, used = ''] =
      labels
        .map((label) => new RegExp(`routers\\.${router}\\.middlewares=(.*)`).exec(label))
        .find(Boolean) ?? [];
    for (const name of used.split(',')) {
      assert.ok(
        labels.some((label) => label.startsWith(`traefik.http.middlewares.${name}.`)),
        name,
      );
    }
  }
  assert.deepEqual([raceway.read_only, raceway.cap_drop], [true, ['ALL']]);
});

test('Kubernetes: the seed’s security context and limits, secrets as files, probes that need no key', () => {
  const [deployment] = documents('kubernetes/deployment.yaml');
  const pod = deployment.spec.template.spec;
  const [container] = pod.containers;
  assert.deepEqual(container.resources, {
    limits: { memory: '1Gi', cpu: '2' },
    requests: { memory: '512Mi', cpu: '1' },
  });
  const context = { ...pod.securityContext, ...container.securityContext };
  assert.deepEqual(
    [context.runAsNonRoot, context.runAsUser, context.readOnlyRootFilesystem],
    [true, 1000, true],
  );
  assert.deepEqual(
    [context.allowPrivilegeEscalation, context.capabilities.drop, context.fsGroup],
    [false, ['ALL'], 1000],
  );
  assert.equal(pod.enableServiceLinks, false);
  assert.equal(pod.automountServiceAccountToken, false);
  const [secrets] = pod.volumes;
  assert.equal(secrets.secret.defaultMode, 0o440);
  const [mount] = container.volumeMounts;
  const [secret] = documents('kubernetes/secret.yaml');
  const variables = new Map(container.env.map(({ name, value }: Variable) => [name, value]));
  for (const [variable, item] of [
    ['RACEWAY_API_KEYS_FILE', 'api-keys'],
    ['RACEWAY_POSTGRES_CONNECTION_FILE', 'postgres-connection'],
  ] as const) {
    assert.equal(variables.get(variable), `${mount.mountPath}/${item}`);
    assert.ok(item in secret.stringData);
  }
  assert.equal(secret.metadata.name, secrets.secret.secretName);
  const probes = [container.startupProbe, container.livenessProbe, container.readinessProbe];
  assert.deepEqual(
    probes.map(({ httpGet }) => [httpGet.path, httpGet.port]),
    [
      ['/health', 'http'],
      ['/health', 'http'],
      ['/ready', 'http'],
    ],
  );
});

interface Variable {
  readonly name: string;
  readonly value: string;
}

test('Kubernetes: labels, ports and names fit together', () => {
  const [deployment] = documents('kubernetes/deployment.yaml');
  const [service] = documents('kubernetes/service.yaml');
  const [policy] = documents('kubernetes/network-policy.yaml');
  const { labels } = deployment.spec.template.metadata;
  assert.deepEqual(deployment.spec.selector.matchLabels, labels);
  assert.deepEqual(service.spec.selector, labels);
  assert.deepEqual(policy.spec.podSelector.matchLabels, labels);
  const [port] = deployment.spec.template.spec.containers[0].ports;
  assert.equal(service.spec.ports[0].targetPort, port.name);
  assert.equal(policy.spec.ingress[0].ports[0].port, port.containerPort);
  assert.notEqual(
    service.metadata.name,
    'raceway-server',
    'its link would set RACEWAY_SERVER_PORT',
  );
});

test('the Helm chart starts the version that it is packed with, with settings that the schema knows', () => {
  const chart = parse(read('helm/raceway/Chart.yaml'));
  const { version } = JSON.parse(readFileSync(new URL('../package.json', folder), 'utf8'));
  assert.deepEqual([chart.version, chart.appVersion], [version, version]);
  const schema = JSON.parse(read('helm/raceway/values.schema.json'));
  const values = parse(read('helm/raceway/values.yaml'));
  assert.deepEqual(
    Object.keys(values).sort(),
    Object.keys(schema.properties)
      .filter((name) => name !== 'global')
      .sort(),
  );
  for (const name of ['image', 'service', 'ingress', 'networkPolicy']) {
    assert.deepEqual(
      Object.keys(values[name]).sort(),
      Object.keys(schema.properties[name].properties).sort(),
    );
  }
});

test('the secret as shipped starts no server', () => {
  const [secret] = documents('kubernetes/secret.yaml');
  const lines = faultLines({
    environment: {
      RACEWAY_API_KEYS: secret.stringData['api-keys'],
      RACEWAY_POSTGRES_CONNECTION: secret.stringData['postgres-connection'],
    },
  });
  assert.match(
    lines.join('\n'),
    /cannot be sent in an Authorization header[\s\S]*is a placeholder/,
  );
});

test('Dependabot watches every kind of dependency', () => {
  const { updates } = parse(readFileSync(new URL('../.github/dependabot.yml', folder), 'utf8'));
  const kinds = updates.map((update: Record<string, string>) => update['package-ecosystem']);
  assert.deepEqual(kinds.sort(), ['docker', 'docker-compose', 'github-actions', 'npm']);
});

function documents(path: string) {
  return parseAllDocuments(read(path)).map((document) => {
    assert.deepEqual(document.errors, [], path);
    return document.toJS();
  });
}

test('every shipped proxy closes an idle connection before the server does', () => {
  const keepAliveSeconds = settingsSchema.parse({}).server.keep_alive_seconds;
  const idleSeconds = {
    'caddy/Caddyfile': /^\s*keepalive (\d+)s$/m,
    'traefik/docker-compose.yml': /forwardingTimeouts\.idleConnTimeout=(\d+)s/,
    'haproxy/raceway.cfg': /timeout http-keep-alive (\d+)s/,
  };
  for (const [file, pattern] of Object.entries(idleSeconds)) {
    const seconds = Number(pattern.exec(read(file))?.[1]);
    assert.ok(seconds < keepAliveSeconds, `${file}: ${seconds} s`);
  }
});
