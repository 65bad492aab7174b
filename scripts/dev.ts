/** The server and the web UI, each anew at every change of its files; the UI asks this server. */
import { spawn } from 'node:child_process';

const commands = [
  [process.execPath, '--watch', '--import', 'tsx', 'src/main.ts', 'serve'],
  ['node_modules/.bin/vite', 'web'],
] as const;

const children = commands.map(([program, ...args]) => spawn(program, args, { stdio: 'inherit' }));
const stop = () => {
  for (const child of children) child.kill('SIGTERM');
};
for (const child of children) child.on('exit', stop);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop);
