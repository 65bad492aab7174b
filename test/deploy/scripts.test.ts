/** The scripts of deploy/, run with stand-ins for the programs around them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { faultLines, load } from '../support/config.ts';

const folder = new URL('../../deploy/', import.meta.url);
const key = '4f1c0f9a6f7b4d0c9b7e2a5d8c3e6f10';

/** A folder with programs of these names, each a shell script. */
function standIns(t: TestContext, programs: Readonly<Record<string, string>>): string {
  const path = mkdtempSync(join(tmpdir(), 'raceway-scripts-'));
  t.after(() => rmSync(path, { recursive: true }));
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(join(path, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(path, name), 0o755);
  }
  return path;
}

function runScript(shell: string, script: string, path: string, environment = {}) {
  const env = { PATH: `${path}:/usr/bin:/bin`, OUT: join(path, 'out'), ...environment };
  const { status, stderr } = spawnSync(shell, ['-c', script], { env, encoding: 'utf8' });
  return { status, stderr, path };
}

const awsScript = [...readFileSync(new URL('aws.md', folder), 'utf8').matchAll(/```sh\n(.*?)```/gs)]
  .map(([, block = '']) => block)
  .find((block) => block.startsWith('#!')) as string;

/** What `aws` does, and whether a server is started then. */
const answers: readonly (readonly [aws: string, started: boolean, fault: RegExp | null])[] = [
  [`printf '%s\\n' '["${key}", "${key}0"]'`, true, null],
  ['echo denied >&2; exit 254', false, null],
  ['exit 0', true, /RACEWAY_API_KEYS: .*holds nothing/],
  ['echo None', true, /RACEWAY_API_KEYS: .*holds nothing/],
  ['echo null', true, /RACEWAY_API_KEYS: .*holds nothing/],
];

for (const shell of ['sh', 'bash']) {
  test(`aws.md in ${shell}: a secret manager that fails or has nothing never opens a server`, (t) => {
    for (const [aws, started, fault] of answers) {
      const path = standIns(t, {
        aws,
        raceway: 'printf %s "$RACEWAY_API_KEYS" > "$OUT"; echo "$*" >> "$OUT.args"',
      });
      const { status } = runScript(shell, awsScript, path);
      assert.equal(status === 0, started, aws);
      assert.equal(existsSync(join(path, 'out')), started, aws);
      if (!started) continue;
      assert.equal(readFileSync(join(path, 'out.args'), 'utf8'), 'serve\n');
      const environment = { RACEWAY_API_KEYS: readFileSync(join(path, 'out'), 'utf8') };
      if (fault === null) assert.equal(load({ environment }).config.server.api_keys.length, 2);
      else assert.match(faultLines({ environment }).join('\n'), fault);
    }
  });
}

test('docker/run.sh: the seed’s limits, no port to the outside, nothing without keys', (t) => {
  const path = standIns(t, { docker: 'printf "%s\\n" "$@" > "$OUT"' });
  const script = new URL('docker/run.sh', folder).pathname;
  assert.notEqual(runScript('sh', `sh ${script}`, path).status, 0);
  assert.ok(!existsSync(join(path, 'out')));
  const { status, stderr } = runScript('sh', `sh ${script}`, path, { RACEWAY_API_KEYS: key });
  assert.equal(status, 0, stderr);
  const args = readFileSync(join(path, 'out'), 'utf8').trim().split('\n');
  for (const wanted of ['--memory=1g', '--cpus=2', '--read-only', 'no-new-privileges', 'ALL']) {
    assert.ok(args.includes(wanted), wanted);
  }
  assert.deepEqual(
    args.filter((_, index) => args[index - 1] === '--publish'),
    ['127.0.0.1:8080:8080', '127.0.0.1:4317:4317', '127.0.0.1:4318:4318'],
  );
  // The name only: the key itself is not on a command line that everybody can list.
  assert.ok(args.includes('RACEWAY_API_KEYS') && !args.join().includes(key));
  assert.equal(args.at(-1), 'raceway:latest');
});

test('certbot hook: copies what the links lead to, readable by the group, in one step each', (t) => {
  const path = standIns(t, {
    systemctl: 'echo "$*" >> "$OUT"; [ "$1" != --quiet ] || [ -e "$OUT.nginx" ]',
  });
  const hook = `sh ${new URL('certbot/raceway-deploy-hook.sh', folder).pathname}`;
  const [archive, live, target] = ['archive', 'live', 'tls'].map((name) => join(path, name)) as [
    string,
    string,
    string,
  ];
  for (const each of [archive, live, target]) mkdirSync(each);
  for (const name of ['privkey', 'fullchain']) {
    writeFileSync(join(archive, `${name}1.pem`), name, { mode: 0o600 });
    symlinkSync(`../archive/${name}1.pem`, join(live, `${name}.pem`));
  }
  const { uid, gid } = userInfo();
  const environment = {
    RENEWED_LINEAGE: live,
    RACEWAY_TLS_FOLDER: target,
    RACEWAY_TLS_OWNER: `${uid}:${gid}`,
  };
  assert.notEqual(runScript('sh', hook, path).status, 0);
  const { status, stderr } = runScript('sh', hook, path, environment);
  assert.equal(status, 0, stderr);
  for (const name of ['privkey', 'fullchain']) {
    const copy = join(target, `${name}.pem`);
    assert.equal(readFileSync(copy, 'utf8'), name);
    assert.equal(statSync(copy).mode & 0o777, 0o640);
    assert.ok(!existsSync(join(target, `.${name}.pem.new`)));
  }
  assert.doesNotMatch(readFileSync(join(path, 'out'), 'utf8'), /reload/);
  writeFileSync(join(path, 'out.nginx'), '');
  assert.equal(runScript('sh', hook, path, environment).status, 0);
  assert.match(readFileSync(join(path, 'out'), 'utf8'), /^reload nginx$/m);
});

test('ufw.sh opens 22, 80 and 443 before it closes 8080', (t) => {
  const path = standIns(t, { ufw: 'echo "$*" >> "$OUT"' });
  const { status } = runScript('sh', `sh ${new URL('firewall/ufw.sh', folder).pathname}`, path);
  assert.equal(status, 0);
  assert.deepEqual(readFileSync(join(path, 'out'), 'utf8').trim().split('\n'), [
    ...['allow 80/tcp', 'allow 443/tcp', 'allow 22/tcp', 'deny 8080/tcp', '--force enable'],
  ]);
});
