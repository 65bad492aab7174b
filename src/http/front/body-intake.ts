import type { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { RacewayError } from '../../domain/errors.ts';
import { tooLargeMessage } from '../errors.ts';
import { httpLimits } from '../limits.ts';
import type { BodyTurns } from './body-turns.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Bytes of the {@link BodyRoom} that this request holds. */
    heldBodyBytes: number;
    /** Whether the connection goes on although the body was refused: the rest is thrown away. */
    outlivesBody: boolean;
  }
}

/**
 * Counts the bytes of all bodies, from their arrival until their requests are answered. An
 * announced length costs nothing; only bytes that have arrived count. A part of the room is for
 * small bodies alone, so that large ones cannot keep them out.
 */
export class BodyRoom {
  readonly #bytesMax: number;
  readonly #letGo: (bytes: number) => void;
  #bytes = 0;

  /** @param letGo is told of bytes that are not held any more */
  constructor(bytesMax: number, letGo: (bytes: number) => void = () => {}) {
    this.#bytesMax = bytesMax;
    this.#letGo = letGo;
  }

  /** False when there is no room: the request is to be refused then. */
  take(request: FastifyRequest, bytes: number): boolean {
    const isSmall = request.heldBodyBytes + bytes <= httpLimits.smallBodyBytes;
    const kept = isSmall ? 0 : this.#bytesMax * httpLimits.smallBodiesShare;
    if (this.#bytes + bytes > this.#bytesMax - kept) return false;
    this.#bytes += bytes;
    request.heldBodyBytes += bytes;
    return true;
  }

  giveBack(request: FastifyRequest): void {
    const bytes = request.heldBodyBytes;
    this.#bytes -= bytes;
    request.heldBodyBytes = 0;
    if (bytes > httpLimits.smallBodyBytes) this.#letGo(bytes);
  }
}

/** Says that there is no room for a body now. */
export function roomFault(): RacewayError {
  return new RacewayError(
    'overloaded',
    'too many large bodies are being received at once; send the request again later',
  );
}

/** Bounds of one body. */
export interface IntakeLimits {
  readonly bytesMax: number;
  /** Of all bodies together. */
  readonly roomBytes: number;
  /** Is told of bytes of large bodies that are not held any more. */
  readonly letGo?: (bytes: number) => void;
  /** Within this time a body must bring {@link httpLimits.bodyBytesPerWindowMin}. */
  readonly windowMs: number;
}

/** What all requests share that bring bodies. */
export interface Intake {
  readonly limits: IntakeLimits;
  readonly room: BodyRoom;
  readonly turns: Pick<BodyTurns, 'work' | 'read' | 'discard' | 'isResting'>;
}

/**
 * Receives a body as it comes.
 *
 * @param done gets the body, or why it was refused; what is still sent is thrown away then
 */
export function receiveBody(
  request: FastifyRequest,
  payload: Readable,
  { limits: { bytesMax, windowMs }, room, turns }: Intake,
  done: (error: RacewayError | null, body: Buffer) => void,
): void {
  const parts: Buffer[] = [];
  let bytes = 0;
  let windowBytes = 0;
  let wasResting = false;
  let isOver = false;
  const finish = (error: RacewayError | null) => {
    if (isOver) return;
    isOver = true;
    clearInterval(watch);
    payload.off('data', onData).off('end', onEnd).off('error', onBreak).off('close', onBreak);
    // A proxy or client whose connection is closed while it still sends sees a reset, not the answer.
    // One without an announced length may never come to its end.
    request.outlivesBody = error === null || error.code === 'overloaded';
    if (error === null) return turns.work(bytes, () => done(null, Buffer.concat(parts, bytes)));
    turns.discard(payload);
    room.giveBack(request);
    done(error, Buffer.alloc(0));
  };
  const onData = (part: Buffer) => {
    bytes += part.length;
    windowBytes += part.length;
    if (bytes > bytesMax) return finish(new RacewayError('too_large', tooLargeMessage(bytesMax)));
    if (!room.take(request, part.length)) return finish(roomFault());
    parts.push(part);
    if (bytes > httpLimits.smallBodyBytes) turns.read(payload, part.length);
  };
  const onEnd = () => finish(null);
  const onBreak = () =>
    finish(new RacewayError('bad_request', 'the connection broke before the body was whole'));
  const look = () => {
    const isResting = turns.isResting(payload);
    // One that was let go on just now has had no time to bring anything.
    const isOurs = isResting || wasResting;
    wasResting = isResting;
    if (windowBytes < httpLimits.bodyBytesPerWindowMin && !isOurs) finish(slowFault(windowMs));
    windowBytes = 0;
  };
  // After what lies in the socket was read: it was we who were slow if this comes late.
  const watch = setInterval(() => setImmediate(look), windowMs).unref();
  payload.on('data', onData).on('end', onEnd).on('error', onBreak).on('close', onBreak);
}

function slowFault(windowMs: number): RacewayError {
  const message =
    `the body came too slowly: less than ${httpLimits.bodyBytesPerWindowMin} bytes ` +
    `in ${windowMs / 1000} s`;
  return new RacewayError('request_timeout', message);
}
