import { Counter, Gauge, type Registry } from 'prom-client';
import type { AuditState } from '../../audit/audit-log.ts';

/** Metrics of the audit log; without one they stay at zero. */
export function auditMetrics(registers: Registry[]): (state: AuditState | null) => void {
  const lines = new Gauge({
    name: 'raceway_audit_sequence',
    help: 'Number of the last line of the audit log.',
    registers,
  });
  const lost = new Counter({
    name: 'raceway_audit_lost_lines_total',
    help: 'Accesses without a line, because the file took none for too long.',
    registers,
  });
  const backlog = new Gauge({
    name: 'raceway_audit_backlog_bytes',
    help: 'Lines that the file did not take yet.',
    registers,
  });
  return (state) => {
    lines.set(state?.seq ?? 0);
    lost.reset();
    lost.inc(state?.lostLines ?? 0);
    backlog.set(state?.backlogBytes ?? 0);
  };
}
