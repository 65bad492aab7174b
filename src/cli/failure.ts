import { ConfigError } from '../config/fault.ts';
import { RacewayError } from '../domain/errors.ts';

/**
 * What an error tells an operator, who can do something about it; null for a fault of the program,
 * which should end it with a stack.
 */
export function operatorMessage(error: unknown): string | null {
  if (error instanceof ConfigError || error instanceof RacewayError) return error.message;
  return error instanceof Error ? listenMessage(error) : null;
}

/** Errors of `listen` and of the look-up of its host. */
function listenMessage(error: Error): string | null {
  const { code, syscall, address, port, hostname } = error as NodeJS.ErrnoException & {
    address?: string;
    port?: number;
    hostname?: string;
  };
  if (syscall === 'getaddrinfo') {
    return `cannot listen on ${hostname}: no address belongs to that name (server.host, --host)`;
  }
  if (syscall !== 'listen') return null;
  const reason = listenReasons.get(code ?? '') ?? `${code}`;
  const place = port === undefined ? address : `${address} port ${port}`;
  return `cannot listen on ${place}: ${reason}`;
}

const listenReasons = new Map([
  ['EADDRINUSE', 'another process listens there; stop it, or choose another port (--port)'],
  ['EACCES', 'ports below 1024 need a right of their own; choose a higher one (--port)'],
  ['EADDRNOTAVAIL', 'this machine does not have that address (server.host, --host)'],
]);
