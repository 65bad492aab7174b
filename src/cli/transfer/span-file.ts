import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { RacewayError } from '../../domain/errors.ts';
import { JsonSyntaxError, parseJson } from '../../domain/json.ts';
import { foreignSpans } from '../../domain/otlp/foreign/telemetry-file.ts';
import { type Group, type Span, UndecodableBody } from '../../domain/otlp/telemetry.ts';

/** The first line of an export of Raceway is an event, or says where it goes on or ends. */
const OWN_LINE = /^\s*\{\s*"(?:id|cursor|complete)"\s*:/;

/**
 * The spans in a file of another system; null when it is none, or cannot be read at all.
 *
 * @throws {RacewayError} when it is one, but broken
 */
export async function readSpanFile(file: string): Promise<Iterable<Group<Span>> | null> {
  const first = await firstLine(file);
  if (first === null || OWN_LINE.test(first)) return null;
  try {
    const isByLine = spansIn(first) !== null;
    const text = await readFile(file, 'utf8');
    const texts = isByLine ? text.split('\n').filter((line) => line.trim() !== '') : [text];
    const found = texts.map((one) => spansIn(one));
    const whole = found.filter((groups) => groups !== null);
    return whole.length === found.length ? joined(whole) : null;
  } catch (cause) {
    if (!(cause instanceof UndecodableBody)) throw cause;
    throw new RacewayError('bad_request', `${file} holds no spans: ${cause.message}`, { cause });
  }
}

/** What of a text is a whole JSON with spans; null when it is none. */
function spansIn(text: string): Iterable<Group<Span>> | null {
  try {
    return foreignSpans(parseJson(text).value);
  } catch (error) {
    if (error instanceof JsonSyntaxError) return null;
    throw error;
  }
}

function* joined(parts: readonly Iterable<Group<Span>>[]): Generator<Group<Span>> {
  for (const part of parts) yield* part;
}

async function firstLine(file: string): Promise<string | null> {
  const input = createReadStream(file);
  try {
    for await (const line of createInterface({ input })) if (line.trim() !== '') return line;
    return null;
  } catch {
    // Who reads the file next says why it cannot be read.
    return null;
  } finally {
    input.destroy();
  }
}
