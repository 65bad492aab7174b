import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { repositoryRoot } from '../support/repository.ts';
import { copiesOf, entersContext, readStages, textsOf } from './dockerfile.ts';

const [build, image, ...more] = readStages();
assert.ok(build !== undefined && image !== undefined && more.length === 0);

test('T9: the image runs as user 1000 by number, adds no user, and exposes its ports', () => {
  assert.deepEqual([build.image, image.image], ['node:24-slim', 'node:24-slim']);
  assert.deepEqual(textsOf(image, 'USER'), ['1000:1000']);
  assert.deepEqual(textsOf(image, 'EXPOSE'), ['8080 4317 4318']);
  const file = readFileSync(join(repositoryRoot, 'Dockerfile'), 'utf8');
  assert.doesNotMatch(file, /useradd|adduser|--chown/);
  const names = image.instructions.map(({ name }) => name);
  assert.ok(names.lastIndexOf('COPY') < names.indexOf('USER'), 'files belong to root');
});

test('T10: the health of the container is asked with what the image has', () => {
  assert.deepEqual(textsOf(image, 'HEALTHCHECK'), [
    '--interval=10s --start-period=30s --start-interval=1s ' +
      'CMD ["raceway", "healthcheck", "--host", "0.0.0.0"]',
  ]);
});

test('the image passes the host by argument, where a mounted file cannot be overruled', () => {
  assert.deepEqual(textsOf(image, 'ENTRYPOINT'), ['["raceway"]']);
  assert.deepEqual(textsOf(image, 'CMD'), [
    '["serve", "--host", "0.0.0.0", "--otlp-http-port", "4318", "--otlp-grpc-port", "4317"]',
  ]);
  assert.deepEqual(
    textsOf(image, 'ENV').filter((text) => text.includes('RACEWAY_')),
    [],
  );
});

test('what the image copies is there, and enters the build context', () => {
  const sources = [build, image]
    .flatMap(copiesOf)
    .flatMap(({ from, sources: paths }) => (from === null ? paths : []));
  assert.deepEqual(
    sources.filter((path) => !existsSync(join(repositoryRoot, path)) || !entersContext(path)),
    [],
  );
});

test('secrets enter neither the build context nor the repository', () => {
  const secrets = ['.env', '.env.production', 'raceway.toml', 'src/.env', 'src/http/raceway.toml'];
  assert.deepEqual(secrets.filter(entersContext), []);
  assert.deepEqual(['.git', 'node_modules', 'test'].filter(entersContext), []);
  assert.ok(entersContext('src/main.ts') && entersContext('migrations'));
  // Without a slash these hold at every depth.
  const ignored = readFileSync(join(repositoryRoot, '.gitignore'), 'utf8').split('\n');
  assert.ok(ignored.includes('.env*') && ignored.includes('raceway.toml'));
});
