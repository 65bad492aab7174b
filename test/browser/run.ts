/**
 * Runs the tests of this folder in a real browser, Debian's Chromium, against the built web UI:
 * `npm run test:browser`. Arguments choose files by a part of their name. Pictures of what was seen
 * are left in `screenshots`.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromiumPath } from './browser.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));
const wanted = process.argv.slice(2);

if (!existsSync(chromiumPath) && process.env['CI'] === 'true') {
  console.error('installing chromium');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  execFileSync('apt-get', ['update', '-qq'], { stdio: ['ignore', 'ignore', 'inherit'], env });
  execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env,
  });
}
if (existsSync(chromiumPath)) {
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith('.test.ts')) continue;
    if (wanted.length === 0 || wanted.some((part) => file.includes(part)))
      await import(`./${file}`);
  }
} else {
  console.error('\n### LEFT OUT: tests in a browser, for there is no Chromium.');
  console.error('### To run them: apt-get install chromium, or set CI=true as root.\n');
}
