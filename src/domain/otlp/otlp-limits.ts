/** Bounds on what an OTLP request may hold, each with its reason. */
export const otlpLimits = {
  /**
   * Values inside values of one attribute. Two levels of JSON each, they stay with what is around
   * them below the levels that one event may have.
   */
  valueLevels: 24,
  /** The same while a body is read: one that goes deeper is no telemetry. */
  valueLevelsRead: 64,
  /**
   * Spans, span events, links, log records and their groups in one request: seven times what 16 MiB
   * of ordinary spans have. The smallest take two bytes, and a hundred times that in memory.
   */
  messagesPerRequest: 400_000,
  /** Tags of one span, and of one process: more are no marks to look for, and each is stored twice. */
  tagsPerSpan: 32,
  /** Reasons told in a partial success: an exporter logs them in one line. */
  reasonsTold: 3,
} as const;
