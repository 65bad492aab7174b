import type { Config } from '../config/schema.ts';
import { AuditLog, type OrdinaryLog } from './audit-log.ts';
import { newChain } from './chain.ts';
import { openAuditFile } from './file-sink.ts';
import { type LineOutput, StreamSink } from './stream-sink.ts';

/**
 * The audit log that the configuration asks for; null when it asks for none. In a file the chain of
 * the process before goes on; on standard output each process has its own.
 *
 * @param output where the ordinary log goes
 * @throws {RacewayError} when the file cannot be used
 */
export function openAudit(
  { enabled, file, on_failure: onFailure }: Config['audit'],
  log: OrdinaryLog,
  output: LineOutput,
): AuditLog | null {
  if (!enabled) return null;
  if (file === undefined) return new AuditLog(new StreamSink(output), newChain(), log, onFailure);
  const { sink, head, tornBytes } = openAuditFile(file);
  if (tornBytes > 0) {
    log.warn(`audit.file ${file} ended within a line; ${tornBytes} bytes of it were cut off`);
  }
  return new AuditLog(sink, head, log, onFailure);
}
