/** Conditions of the server that somebody should look at. */
export const conditionNames = [
  'authentication_failing',
  'limit_reached',
  'retention_failing',
  'storage_down',
] as const;
/** One of {@link conditionNames}. */
export type ConditionName = (typeof conditionNames)[number];

interface ConditionText {
  readonly severity: 'critical' | 'warning';
  readonly title: string;
  readonly meaning: string;
}

/** What each condition is called and means. */
export const conditionTexts: Readonly<Record<ConditionName, ConditionText>> = {
  authentication_failing: {
    severity: 'warning',
    title: 'Requests without a valid key come again and again',
    meaning:
      'One address had more than 5 failed authentications within a minute; the log names it. A deployment with an old key looks the same.',
  },
  limit_reached: {
    severity: 'warning',
    title: 'Requests are refused by a limit',
    meaning:
      'The budget of all clients, of a key, a service or an address is used up; /status and raceway_rate_limited_total say which.',
  },
  retention_failing: {
    severity: 'warning',
    title: 'Retention does not keep up',
    meaning:
      'What was kept long enough stays, or goes more slowly than more comes; /status says why.',
  },
  storage_down: {
    severity: 'critical',
    title: 'The storage does not answer',
    meaning: 'Events are refused with 503. What was answered 200 is stored.',
  },
};

/** What is asked for conditions. */
export interface ConditionSources {
  /** Conditions that hold now. */
  holding(): readonly ConditionName[];
  /** Requests refused by a limit since the start that nobody notices by himself. */
  refusedRequests(): number;
}

/**
 * What was noticed lately. Who notices something says so here, or is asked: nobody waits for an alert to be
 * sent.
 */
export class Conditions {
  readonly #sources: ConditionSources;
  readonly #noticed = new Set<ConditionName>();
  #refusedBefore = 0;

  constructor(sources: ConditionSources = { holding: () => [], refusedRequests: () => 0 }) {
    this.#sources = sources;
  }

  notice(name: ConditionName): void {
    this.#noticed.add(name);
  }

  /** What holds now, or was noticed since the last call. */
  take(): readonly ConditionName[] {
    const refused = this.#sources.refusedRequests();
    if (refused > this.#refusedBefore) this.notice('limit_reached');
    this.#refusedBefore = refused;
    const found = new Set([...this.#noticed, ...this.#sources.holding()]);
    this.#noticed.clear();
    return conditionNames.filter((name) => found.has(name));
  }
}
