/** Files of deploy/ that only a system's own tools can judge. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { unless } from './programs.ts';

const folder = new URL('../../deploy/', import.meta.url).pathname;
/** The npm package with the schemas of Kubernetes: 30 MB, so it is no dependency. */
const schemaPackage = 'kubernetes-models@4.5.1';

test('systemd knows every line of the unit and rates it as safe', {
  skip: unless('systemd-analyze'),
}, (t) => {
  const scratch = scratchFolder(t);
  // The programs that it names are not on this machine.
  const unit = readFileSync(join(folder, 'systemd/raceway.service'), 'utf8')
    .replace(/^ExecStart=.*$/m, 'ExecStart=/bin/true')
    .replace(/^(?:User|Group)=raceway$/gm, (line) => line.replace('raceway', 'nobody'));
  const path = join(scratch, 'raceway.service');
  writeFileSync(path, unit.replaceAll('=nobody', '=daemon'));
  const verify = spawnSync('systemd-analyze', ['verify', path], { encoding: 'utf8' });
  const complaints = verify.stderr.split('\n').filter((line) => line.includes('raceway.service'));
  assert.deepEqual(complaints, []);
  const args = ['security', '--offline=true', '--threshold=25', '--no-pager', path];
  const security = spawnSync('systemd-analyze', args, { encoding: 'utf8' });
  assert.equal(security.status, 0, security.stdout.slice(-300) + security.stderr);
});

test('Kubernetes accepts the manifests', { skip: withoutRegistry() }, (t) => {
  const scratch = scratchFolder(t);
  execFileSync('npm', ['install', '--prefix', scratch, '--no-save', '--silent', schemaPackage], {
    stdio: 'pipe',
  });
  const kinds: Readonly<Record<string, string>> = {
    Deployment: 'apps/v1',
    Secret: 'v1',
    Service: 'v1',
    NetworkPolicy: 'networking.k8s.io/v1',
  };
  for (const file of ['secret', 'deployment', 'service', 'network-policy']) {
    for (const document of parseAllDocuments(
      readFileSync(join(folder, `kubernetes/${file}.yaml`), 'utf8'),
    )) {
      const manifest = document.toJS();
      assert.equal(manifest.apiVersion, kinds[manifest.kind]);
      const script = `const { ${manifest.kind} } = require('kubernetes-models/${manifest.apiVersion}');
        new ${manifest.kind}(JSON.parse(process.argv[1])).validate()`;
      const checked = spawnSync(process.execPath, ['-e', script, JSON.stringify(manifest)], {
        cwd: scratch,
        encoding: 'utf8',
      });
      assert.equal(checked.status, 0, `${file}: ${checked.stderr.slice(0, 500)}`);
    }
  }
});

/** Runs in a network of its own: its rules and addresses are gone with it. */
test('T14: the firewall closes 8080 to the outside and not to the proxy', {
  skip: unlessRoot(),
}, (t) => {
  const script = join(scratchFolder(t), 'firewall.sh');
  writeFileSync(script, firewallTrial(join(folder, 'firewall/iptables.sh')));
  const { status, stdout, stderr } = spawnSync('unshare', ['--net', 'sh', script], {
    encoding: 'utf8',
    timeout: 300_000,
  });
  assert.equal(status, 0, stdout + stderr);
  assert.deepEqual(stdout.trim().split('\n'), [
    ...['before: outside reaches 8080', 'loopback reaches 8080', 'outside does not reach 8080'],
    ...['outside reaches 443', 'outside reaches 80', 'rules: 3'],
  ]);
});

/** A machine outside is a second network, joined by a cable; nc would be one more program. */
function firewallTrial(rules: string): string {
  const listen = `const net = require('net');
    for (const port of [80, 443, 8080]) net.createServer((s) => s.end()).listen(port, '0.0.0.0');`;
  const knock = `const s = require('net').connect({ host: process.argv[1], port: +process.argv[2] });
    s.on('connect', () => process.exit(0)); s.on('error', () => process.exit(1));
    setTimeout(() => process.exit(1), 1000);`;
  return `set -eu
ip link set lo up
ip link add inside type veth peer name outside
unshare --net sleep 300 & outer=$!
${process.execPath} -e "${listen}" & server=$!
trap 'kill $outer $server' EXIT
while [ "$(readlink /proc/$outer/ns/net)" = "$(readlink /proc/self/ns/net)" ]; do :; done
ip link set outside netns $outer
ip addr add 192.0.2.1/24 dev inside
ip link set inside up
nsenter --net=/proc/$outer/ns/net ip addr add 192.0.2.2/24 dev outside
nsenter --net=/proc/$outer/ns/net ip link set outside up
knock() { ${process.execPath} -e "${knock}" "$@"; }
from_outside() { nsenter --net=/proc/$outer/ns/net ${process.execPath} -e "${knock}" 192.0.2.1 "$1"; }
until from_outside 8080; do :; done
echo before: outside reaches 8080
sh ${rules}
sh ${rules}
until knock 127.0.0.1 8080; do :; done
echo loopback reaches 8080
from_outside 8080 || echo outside does not reach 8080
until from_outside 443; do :; done
echo outside reaches 443
until from_outside 80; do :; done
echo outside reaches 80
echo rules: $(iptables -S INPUT | grep -c -- --dport)
ip6tables -S INPUT | grep -q -- '! -i lo -p tcp -m tcp --dport 8080 -j DROP'
`;
}

function scratchFolder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'raceway-machine-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

function withoutRegistry(): string | false {
  const { status } = spawnSync('npm', ['view', schemaPackage, 'version'], { timeout: 20_000 });
  return status === 0 ? false : 'the npm registry does not answer';
}

function unlessRoot(): string | false {
  if (process.getuid?.() !== 0) return 'needs root';
  const { status } = spawnSync('unshare', ['--net', 'iptables', '-w', '-S']);
  return (
    unless('iptables', 'ip') ||
    (status === 0 ? false : 'no network namespaces or no netfilter here')
  );
}
