import type { AuditState } from '../../audit/audit-log.ts';
import { type Instruments, showTotal } from './instruments.ts';

export interface AuditMetrics {
  /** The audit log as it is now; null: none is kept. */
  showAudit(state: AuditState | null): void;
}

/** Metrics of the audit log; without one they stay at zero. */
export function auditMetrics(instruments: Instruments): AuditMetrics {
  const lines = instruments.gauge(
    'raceway_audit_sequence',
    'Number of the last line of the audit log.',
  );
  const lost = instruments.counter(
    'raceway_audit_lost_lines_total',
    'Accesses without a line, because the file took none for too long.',
  );
  const backlog = instruments.gauge(
    'raceway_audit_backlog_bytes',
    'Lines that the file did not take yet.',
  );
  return {
    showAudit(state) {
      lines.set(state?.seq ?? 0);
      showTotal(lost, state?.lostLines ?? 0);
      backlog.set(state?.backlogBytes ?? 0);
    },
  };
}
