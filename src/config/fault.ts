/** One thing that is wrong in the configuration. */
export interface Fault {
  /** Where it was written: a file, a variable, an option of the command line. */
  readonly source: string;
  /** The key with dots, or '' when the source as a whole is meant. */
  readonly key: string;
  /** The rest of the sentence; never a secret. */
  readonly reason: string;
}

/** Something an operator should know of a configuration that is good enough to start with. */
export interface Note {
  readonly level: 'info' | 'warn';
  readonly text: string;
}

/** More lines than this help nobody. */
const faultsListed = 40;

/** A configuration that cannot be used. Its message is for the operator, and whole. */
export class ConfigError extends Error {
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    const lines = faults.slice(0, faultsListed).map(faultLine);
    const more = faults.length - lines.length;
    if (more > 0) lines.push(`… and ${more} more.`);
    const count = faults.length === 1 ? 'has a fault' : `has ${faults.length} faults`;
    super(`The configuration ${count}:\n${lines.map((line) => `  ${line}`).join('\n')}`);
    this.name = 'ConfigError';
    this.faults = faults;
  }
}

function faultLine({ source, key, reason }: Fault): string {
  const place = key === '' || key === source ? source : `${source}: ${key}`;
  return `${place} ${reason}.`;
}
