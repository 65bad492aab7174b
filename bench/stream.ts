import { Load } from './load.ts';
import { key, type MeasuredServer } from './programs.ts';
import type { Scale } from './scale.ts';

export const BATCH_SIZE = 100;
export const CONNECTIONS = 16;
/** Events by which the highest rate is measured. */
const FULL_SPEED_EVENTS = 20_000;
/** How long the requests last that are made at once; making them takes a moment in between. */
const SECONDS_AT_ONCE = 5;

/** Events that arrive at half of the rate that a server takes at most. */
export class Stream {
  readonly eventsPerSecond: number;
  readonly #load: Load;
  readonly #server: MeasuredServer;
  readonly #running: Promise<void>;
  #isStopped = false;

  private constructor(load: Load, server: MeasuredServer, eventsPerSecond: number) {
    this.#load = load;
    this.#server = server;
    this.eventsPerSecond = eventsPerSecond;
    this.#running = this.#run();
  }

  static async start(server: MeasuredServer, scale: Scale): Promise<Stream> {
    const load = new Load();
    return new Stream(load, server, (await fullRate(server, load, scale)) / 2);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
    this.#load.end();
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      const events = Math.ceil(this.eventsPerSecond * SECONDS_AT_ONCE);
      await this.#load.prepare({ events, batchSize: BATCH_SIZE, gzip: false }, key);
      await this.#load.send(this.#server.url, CONNECTIONS, this.eventsPerSecond / BATCH_SIZE);
    }
  }
}

/** Events a second that a server takes at most, in batches of 100 on 16 connections. */
export async function fullRate(server: MeasuredServer, load: Load, scale: Scale): Promise<number> {
  const shape = { events: scale.events(FULL_SPEED_EVENTS), batchSize: BATCH_SIZE, gzip: false };
  await load.prepare(shape, key);
  return shape.events / (await load.send(server.url, CONNECTIONS)).seconds;
}
