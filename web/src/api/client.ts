import { signal } from '@preact/signals';
import { parseExact } from '../model/exact-json.ts';
import type { Failure } from './types.ts';

/** What the server, or what stands before it, did not do, in a sentence for a person. */
export class ApiError extends Error {
  /** 0: nobody answered. */
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
  }
}

/** How often the server has said that it does not know us (any more). */
export const lockouts = signal(0);

interface Question {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

/**
 * Asks the API of the server that this page comes from, wherever a proxy shows it: paths begin at the
 * base of the page. The browser adds its session; the header says that our own page asks.
 *
 * @param path without a slash in front, as in `api/races`
 * @throws {ApiError} for everything but a success
 */
export async function ask<Data>(path: string, question: Question = {}): Promise<Data> {
  const { method = 'GET', body, signal } = question;
  const reply = await send(path, {
    method,
    headers: {
      'x-raceway-ui': '1',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
    credentials: 'same-origin',
  });
  if (reply.status === 204) return undefined as Data;
  if (!/^application\/json/.test(reply.headers.get('content-type') ?? '')) {
    const message = `Something other than Raceway answered (${reply.status}); perhaps a proxy asks for a sign-in. Load this page again.`;
    throw new ApiError(reply.status, 'not_raceway', message);
  }
  const text = await reply.text();
  const envelope = parseExact(text) as { success: true; data: Data } | Failure;
  // To parse it and to draw it at once would keep the page from answering for too long.
  if (text.length > largeCharacters) await nextTurn();
  if (envelope.success) return envelope.data;
  if (reply.status === 401) lockouts.value += 1;
  throw new ApiError(reply.status, envelope.code, envelope.error);
}

/** What is parsed in less than a frame. */
const largeCharacters = 300_000;

/** Lets the browser do what waits, as what somebody types, before the work goes on. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

async function send(path: string, options: RequestInit): Promise<Response> {
  try {
    return await fetch(path, options);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError(0, 'unreachable', 'The server does not answer.');
  }
}

/** A query with the members that have a value; a list repeats its name. */
export function query(
  members: Readonly<Record<string, string | number | readonly string[] | null | undefined>>,
): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(members)) {
    if (value === null || value === undefined || value === '') continue;
    for (const item of [value].flat()) parameters.append(name, String(item));
  }
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}
