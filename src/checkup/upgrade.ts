import { pass, type Remark, remark } from './remark.ts';

/** What a database lacks of the schema of this program, or why it could not be seen. */
export type SchemaState =
  | { readonly kind: 'memory' }
  | {
      readonly kind: 'known';
      readonly pending: readonly string[];
      /** The server may change the schema, and does so when it starts. */
      readonly migratesItself: boolean;
    }
  | { readonly kind: 'refused' | 'away'; readonly reason: string };

/** What the step from the running server to this program means for its database. */
export function schemaRemark(state: SchemaState): Remark {
  const subject = 'database';
  switch (state.kind) {
    case 'memory':
      return remark(
        'warn',
        subject,
        'events are in the memory of the running server and end with it',
        'raceway export --server URL --out FILE before, raceway import FILE afterwards',
      );
    case 'refused':
      return remark('fail', subject, state.reason, 'keep the running version');
    case 'away':
      return remark('unknown', subject, state.reason, 'ask again from where the server runs');
    case 'known':
      return pendingRemark(state.pending, state.migratesItself);
  }
}

function pendingRemark(pending: readonly string[], migratesItself: boolean): Remark {
  const subject = 'database';
  const count = pending.length === 1 ? '1 migration' : `${pending.length} migrations`;
  const detail = `lacks ${count}: ${pending.join(', ')}`;
  if (pending.length === 0) return pass(subject, 'has the schema of this version');
  return migratesItself
    ? remark('warn', subject, detail, 'the next start applies them; back up the database before')
    : remark('warn', subject, detail, 'back it up, then run raceway migrate as its owner');
}

/** What the step from one version to another may break (docs/stability.md, "What stays the same"). */
export function versionRemark(running: string, own: string): Remark {
  const subject = 'version';
  const [from, to] = [numbersOf(running), numbersOf(own)];
  const step = `from ${running} to ${own}`;
  if (from === null || to === null) {
    return remark('unknown', subject, `${step}: that is no version`, 'name a Raceway server');
  }
  const order = compare(from, to);
  if (order === 0) return pass(subject, `${own} runs already`);
  if (order > 0) {
    const fix = 'install a newer one; the way back is a restored database';
    return remark('fail', subject, `${step} is a step back`, fix);
  }
  const isStable = from[0] === to[0] && (to[0] > 0 || from[1] === to[1]);
  if (isStable) return pass(subject, `${step} breaks nothing that is promised`);
  const fix = 'read the sections between them in CHANGELOG.md';
  return remark('warn', subject, `${step} may break what clients or settings rely on`, fix);
}

type Version = readonly [major: number, minor: number, patch: number];

function numbersOf(text: string): Version | null {
  const match = /^(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?:[-+].*)?$/.exec(text);
  return match === null ? null : [Number(match[1]), Number(match[2]), Number(match[3])];
}

function compare(one: Version, other: Version): number {
  return one[0] - other[0] || one[1] - other[1] || one[2] - other[2];
}
