/** The Helm chart, rendered by Helm itself, and the workflows, read by their own linter. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parseAllDocuments } from 'yaml';

const root = new URL('../../', import.meta.url).pathname;
const chart = join(root, 'deploy/helm/raceway');
const helmModule = 'helm.sh/helm/v3/cmd/helm@v3.19.0';
const linterModule = 'github.com/rhysd/actionlint/cmd/actionlint@v1.7.12';

const programs = mkdtempSync(join(tmpdir(), 'raceway-helm-'));
after(() => rmSync(programs, { recursive: true }));

/** Why a program written in Go cannot be made here; false when it was. */
function withoutModule(module: string): string | false {
  if (spawnSync('go', ['version']).status !== 0) return 'not installed: go';
  const env = { ...process.env, GOBIN: programs, GOFLAGS: '-mod=mod' };
  const built = spawnSync('go', ['install', module], { env, encoding: 'utf8' });
  return built.status === 0 ? false : `${module} cannot be built: ${built.stderr.slice(-200)}`;
}

const withoutHelm = withoutModule(helmModule);
for (const reason of [withoutHelm]) if (reason !== false) console.error(`### LEFT OUT: ${reason}`);

/** What Helm makes of the chart, by kind; the labels that only Helm writes are left out. */
function render(...settings: readonly string[]): Map<string, unknown> {
  const words = ['template', 'raceway', chart, '--kube-version', '1.34.0'];
  const text = execFileSync(join(programs, 'helm'), [...words, ...settings], { encoding: 'utf8' });
  return byKind(text);
}

function byKind(text: string): Map<string, unknown> {
  const plain = text
    .replace(
      /^ *(?:app\.kubernetes\.io\/(?:instance|version|managed-by)|helm\.sh\/chart): .*\n/gm,
      '',
    )
    .replace(/^ *imagePullPolicy: .*\n/gm, '');
  return new Map(
    parseAllDocuments(plain).flatMap((document) => {
      const manifest = document.toJS();
      return manifest === null ? [] : [[manifest.kind, manifest]];
    }),
  );
}

const publicUrl = ['--set', 'publicUrl=https://raceway.company.com'];

test('Helm makes of the chart what the plain manifests say', { skip: withoutHelm }, () => {
  const lint = [...publicUrl, '--strict', '--kube-version', '1.34.0'];
  execFileSync(join(programs, 'helm'), ['lint', chart, ...lint]);
  const rendered = render(...publicUrl, '--set', 'image.tag=latest');
  assert.deepEqual([...rendered.keys()].sort(), ['Deployment', 'NetworkPolicy', 'Service']);
  for (const file of ['deployment', 'service', 'network-policy']) {
    const text = readFileSync(join(root, `deploy/kubernetes/${file}.yaml`), 'utf8');
    for (const [kind, manifest] of byKind(text)) {
      const made = JSON.parse(JSON.stringify(rendered.get(kind)));
      // Plain manifests of these kinds carry no labels of their own.
      if (!text.includes('  labels:\n    app')) delete made.metadata.labels;
      assert.deepEqual(made, manifest, kind);
    }
  }
});

test('Helm takes settings, and refuses those that would not work', { skip: withoutHelm }, () => {
  const rendered = render(
    ...[...publicUrl, '--set', 'ingress.enabled=true,ingress.tlsSecretName=tls,replicas=5'],
    ...['--set', 'networkPolicy.enabled=false', '--set', 'environment.RACEWAY_LOGGING_LEVEL=warn'],
  );
  assert.deepEqual([...rendered.keys()].sort(), ['Deployment', 'Ingress', 'Service']);
  const ingress = JSON.stringify(rendered.get('Ingress'));
  assert.match(ingress, /"tls":\[\{"hosts":\["raceway\.company\.com"\],"secretName":"tls"\}\]/);
  const deployment = JSON.stringify(rendered.get('Deployment'));
  assert.match(deployment, /"replicas":5/);
  assert.match(deployment, /\{"name":"RACEWAY_LOGGING_LEVEL","value":"warn"\}/);
  for (const wrong of [[], [...publicUrl, '--set', 'replica=2'], ['--set', 'publicUrl=raceway']]) {
    assert.throws(() => render(...wrong), /don't meet the specifications of the schema/);
  }
});

test('the workflows are what GitHub reads', { skip: withoutModule(linterModule) }, () => {
  execFileSync(join(programs, 'actionlint'), [], { cwd: root, stdio: ['ignore', 2, 2] });
});
