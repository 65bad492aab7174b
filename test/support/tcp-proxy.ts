import { createConnection, createServer, type Socket } from 'node:net';

/** A loopback port in front of another, that a test can cut off. */
export interface TcpProxy {
  readonly port: number;
  /** How many connections there were. */
  readonly connections: number;
  /** Every byte of every client, one buffer per connection; none unless the proxy keeps them. */
  sent(): readonly Buffer[];
  /** Breaks all connections and refuses new ones. */
  cut(): Promise<void>;
  /** Listens again on the same port. */
  mend(): Promise<void>;
  /** Sends new connections elsewhere; those that there are stay where they are. */
  redirect(target: Target): void;
  /**
   * Passes the next message with a text on, and breaks its connection instead of the answer.
   *
   * @param after only on a connection that has sent this text meanwhile
   */
  loseAnswerTo(text: string, after: string): void;
}

interface Target {
  readonly host: string;
  readonly port: number;
}

/** @param keepsSent whether to keep what clients send, which a long run has no memory for */
export async function startTcpProxy(first: Target, keepsSent = false): Promise<TcpProxy> {
  let target = first;
  let connections = 0;
  const sockets = new Set<Socket>();
  const sent: Buffer[][] = [];
  let losing: { text: string; after: string } | null = null;
  const server = createServer((client) => {
    const upstream = createConnection(target.port, target.host);
    connections += 1;
    const kept: Buffer[] = [];
    if (keepsSent) sent.push(kept);
    let hasBegun = false;
    client.on('data', (bytes) => {
      if (keepsSent) kept.push(bytes);
      hasBegun ||= losing !== null && bytes.includes(losing.after);
      if (losing === null || !hasBegun || !bytes.includes(losing.text)) return;
      losing = null;
      upstream.unpipe(client);
      upstream.once('data', () => client.resetAndDestroy()).resume();
    });
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => {
        server.off('error', reject);
        resolve();
      });
    });
  await listen(0);
  const { port } = server.address() as { port: number };
  return {
    port,
    get connections() {
      return connections;
    },
    sent: () => sent.map((parts) => Buffer.concat(parts)),
    cut: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.resetAndDestroy();
      }),
    mend: () => listen(port),
    redirect: (next) => {
      target = next;
    },
    loseAnswerTo: (text, after) => {
      losing = { text, after };
    },
  };
}
