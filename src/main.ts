#!/usr/bin/env node
import { getHeapStatistics } from 'node:v8';
import { installSignals } from './cli/signals.ts';

// Before anything else is loaded: what takes time to load must not be killed by a signal.
const signals = installSignals(process, (error) => console.error(error));
// Whoever read the output has gone, as in `raceway check | head -1`.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

const [{ run }, { openPage }, { availableMemory }] = await Promise.all([
  import('./cli/run.ts'),
  import('./cli/open-page.ts'),
  import('./memory/available-memory.ts'),
]);
const code = await run(process.argv.slice(2), {
  environment: process.env,
  cwd: process.cwd(),
  memory: {
    availableBytes: availableMemory(),
    heapBytesMax: getHeapStatistics().heap_size_limit,
  },
  platform: process.platform,
  uid: process.getuid?.() ?? null,
  signals,
  terminal: process.stdout.isTTY ? { columns: process.stdout.columns } : null,
  input: () => process.stdin,
  print: (text) => process.stdout.write(`${text}\n`),
  openPage,
  tell: (text) => process.stderr.write(`${text}\n`),
});
// A start that failed may leave sockets behind that would keep the process alive.
if (code === 0) process.exitCode = code;
else process.exit(code);
