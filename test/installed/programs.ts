import { type ExecFileSyncOptions, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Programs that these tests start, and the Debian package of each. */
const packages = {
  nginx: 'nginx-light',
  haproxy: 'haproxy',
  caddy: 'caddy',
  pgbouncer: 'pgbouncer',
  '/usr/lib/postgresql/15/bin/postgres': 'postgresql-15',
  openssl: 'openssl',
  promtool: 'prometheus',
  iptables: 'iptables',
  ip: 'iproute2',
  'systemd-analyze': 'systemd',
} as const;

export type Program = keyof typeof packages;

/** For the option `skip` of a test: the reason when a program is not installed, else false. */
export function unless(...programs: readonly Program[]): string | false {
  const missing = programs.filter((program) => !isInstalled(program));
  return missing.length === 0 ? false : `not installed: ${missing.join(', ')}`;
}

/** Installs what is missing when CI=true; says loudly what is left out otherwise. */
export function installMissing(environment: NodeJS.ProcessEnv): void {
  const missing = (Object.keys(packages) as Program[]).filter((program) => !isInstalled(program));
  if (missing.length === 0) return;
  const names = missing.map((program) => packages[program]).join(' ');
  if (environment['CI'] !== 'true') {
    console.error(`\n### LEFT OUT: tests that need ${missing.join(', ')}.`);
    console.error(`### To run them: apt-get install ${names}, or set CI=true as root.\n`);
    return;
  }
  console.error(`installing ${names}`);
  const options: ExecFileSyncOptions = {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...environment, DEBIAN_FRONTEND: 'noninteractive' },
  };
  execFileSync('apt-get', ['update', '-qq'], options);
  const install = ['install', '-y', '-qq', '--no-install-recommends', ...names.split(' ')];
  execFileSync('apt-get', install, options);
}

function isInstalled(program: Program): boolean {
  if (program.startsWith('/')) return existsSync(program);
  return ['/usr/sbin', '/usr/bin', '/sbin', '/bin', '/usr/local/bin'].some((folder) =>
    existsSync(`${folder}/${program}`),
  );
}
