import { ask, type Target } from './client.ts';
import { pass, type Remark, remark } from './remark.ts';

/** What `/status` tells of a replica, as far as it is looked at. */
interface ToldStatus {
  readonly data?: { readonly storage?: { readonly replica?: ToldReplica | null } };
}

interface ToldReplica {
  readonly answered: number;
  readonly passed_on: number;
  readonly fault: string | null;
}

/** Whether the replica of a server that has one answers its readers. */
export async function checkReplica(target: Target): Promise<Remark[]> {
  const { status, text } = await ask(target, { path: '/status' });
  const replica = status === 200 ? replicaOf(text) : null;
  if (replica === null) return [];
  const subject = 'Replica';
  const counts = `${replica.answered} reads answered, ${replica.passed_on} left to the database`;
  if (replica.fault === null) return [pass(subject, counts)];
  const fix =
    'the database answers readers meanwhile; look at the replica, or run `raceway check --production`\n' +
    'on the server';
  return [remark('warn', subject, `${replica.fault} (${counts})`, fix)];
}

function replicaOf(text: string): ToldReplica | null {
  try {
    return (JSON.parse(text) as ToldStatus).data?.storage?.replica ?? null;
  } catch {
    return null;
  }
}
