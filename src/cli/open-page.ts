import { spawn } from 'node:child_process';

/** Shows a page in the browser of this machine; where there is none, nothing happens. */
export function openPage(url: URL): void {
  const program = process.platform === 'darwin' ? 'open' : 'xdg-open';
  const child = spawn(program, [url.href], { stdio: 'ignore', detached: true });
  // The address stands on the terminal too.
  child.on('error', () => {});
  child.unref();
}
