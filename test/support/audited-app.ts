import type { TestContext } from 'node:test';
import { AuditLog } from '../../src/audit/audit-log.ts';
import { newChain } from '../../src/audit/chain.ts';
import { StreamSink } from '../../src/audit/stream-sink.ts';
import { type TestAppOptions, testApp } from './app.ts';

type Line = Record<string, unknown>;

/** An app with an audit log, and the lines of it that tell of accesses. */
export async function auditedApp(t: TestContext, options: TestAppOptions) {
  const written: string[] = [];
  const sink = new StreamSink({ write: (line: string) => void written.push(line) });
  const audit = new AuditLog(sink, newChain(), { info: () => {}, warn: () => {}, error: () => {} });
  t.after(() => audit.close());
  const test = await testApp(t, { ...options, audit });
  const accesses = (): Line[] => {
    audit.flush();
    return written.map((line) => JSON.parse(line)).filter(({ event }) => event === 'access');
  };
  return { ...test, accesses };
}
