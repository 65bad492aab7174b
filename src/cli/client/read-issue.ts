import { RacewayError } from '../../domain/errors.ts';
import { type JsonObject, numberOf } from '../../domain/json.ts';
import type { Server } from '../server-client.ts';
import { readData } from '../server-data.ts';
import { objectsOf } from './cells.ts';

/**
 * A race by its fingerprint, or by its number in the list.
 *
 * @throws {RacewayError} when the server knows no such race
 */
export async function readIssue(server: Server, name: string): Promise<JsonObject> {
  const [, digits] = /^#?(\d{1,4})$/.exec(name) ?? [];
  if (digits === undefined) return readData(server, `/api/races/${encodeURIComponent(name)}`);
  const page = await readData(server, `/api/races?page_size=1&page=${Math.max(1, Number(digits))}`);
  const [issue] = objectsOf(page['issues']);
  if (issue !== undefined) return issue;
  const message = `there is no race number ${digits}; the list has ${numberOf(page['total_issues'])}`;
  throw new RacewayError('bad_request', message);
}
