import type { FastifyInstance, FastifyReply } from 'fastify';
import { RacewayError } from '../../domain/errors.ts';
import { httpLimits } from '../limits.ts';

declare module 'fastify' {
  interface FastifyReply {
    /** What the reply holds of the {@link ReplyRoom}; null: nothing. */
    hold: ReplyHold | null;
    /**
     * Waits until there is room for a reply of any size; to be called before its text is made, and after
     * what takes long.
     *
     * @throws {RacewayError} `overloaded` when that takes too long
     */
    enterRoom(): Promise<void>;
  }
}

/** Bytes of the room that one reply has. */
export interface ReplyHold {
  /** Gives back what is not needed after all. */
  shrinkTo(bytes: number): void;
  release(): void;
}

/**
 * Counts the bytes of replies about traces, from their making until they are sent. As long as a
 * reply is made it counts as the largest that there can be.
 */
export class ReplyRoom {
  readonly #bytesMax: number;
  readonly #waitMs: number;
  #bytes = 0;
  readonly #waiting: (() => boolean)[] = [];

  constructor(bytesMax: number, waitMs: number = httpLimits.replyWaitMs) {
    this.#bytesMax = bytesMax;
    this.#waitMs = waitMs;
  }

  /**
   * Waits until there is room.
   *
   * @throws {RacewayError} `overloaded` when that takes too long
   */
  async enter(bytes: number): Promise<ReplyHold> {
    if (this.#waiting.length > 0 || !this.#hasRoom(bytes)) await this.#wait(bytes);
    else this.#bytes += bytes;
    let held = bytes;
    const shrinkTo = (less: number) => {
      if (less >= held) return;
      this.#bytes -= held - less;
      held = less;
      this.#admit();
    };
    return { shrinkTo, release: () => shrinkTo(0) };
  }

  /** One reply has room in any case. */
  #hasRoom(bytes: number): boolean {
    return this.#bytes === 0 || this.#bytes + bytes <= this.#bytesMax;
  }

  #wait(bytes: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = () => {
        if (!this.#hasRoom(bytes)) return false;
        clearTimeout(timer);
        this.#bytes += bytes;
        resolve();
        return true;
      };
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1);
        const message = 'too many large replies are being sent at once; ask again later';
        reject(new RacewayError('overloaded', message));
      }, this.#waitMs);
      this.#waiting.push(enter);
    });
  }

  /** In the order in which they came. */
  #admit(): void {
    while (this.#waiting[0]?.() === true) this.#waiting.shift();
  }
}

/** Bytes of one reply that may be as large as one can be. */
export function replyBytesMax(replyBytes: number): number {
  return Math.min(httpLimits.traceBytesMax, Math.floor(replyBytes / 2));
}

/** Gives replies a room that they share. */
export function boundReplies(app: FastifyInstance, replyBytes: number): void {
  const room = new ReplyRoom(replyBytes);
  const bytesMax = replyBytesMax(replyBytes);
  app.decorateReply('hold', null);
  app.decorateReply('enterRoom', async function enterRoom(this: FastifyReply) {
    const hold = await room.enter(bytesMax);
    this.hold = hold;
    if (this.raw.destroyed) hold.release();
    else this.raw.once('close', () => hold.release());
  });
  app.addHook('onSend', (_request, reply, payload, done) => {
    // A stream has few events in hand at a time.
    const bytes = typeof payload === 'string' ? payload.length : httpLimits.compressBytesMin;
    reply.hold?.shrinkTo(bytes);
    done(null, payload);
  });
}
