import type { Decided } from './decision.ts';
import type { Note } from './fault.ts';
import { isLoopback } from './network-address.ts';

/** What the process may use, in bytes. */
export interface ProcessMemory {
  /** The limit of the container or service; 0 or a huge number when there is none. */
  readonly constrainedBytes: number;
  /** How far the heap of V8 may grow. */
  readonly heapBytesMax: number;
}

/** What an operator should know about a configuration that is sound. */
export function notesOn(config: Decided, memory: ProcessMemory | undefined): Note[] {
  return [noteOnAuth(config), noteOnCors(config), noteOnMemory(config, memory)].flatMap((text) =>
    text === null ? [] : [{ level: 'warn' as const, text }],
  );
}

function noteOnAuth({ server }: Decided): string | null {
  if (server.auth_enabled) return null;
  const who = isLoopback(server.host)
    ? 'everyone on this machine, and everyone a proxy lets through,'
    : `everyone who reaches ${server.host}`;
  const open = `${who} can read, write and delete traces`;
  if (server.api_keys.length + server.keys.length > 0) {
    return (
      `This server is open although it has API keys, because server.auth_enabled is false: ${open}. ` +
      'Remove that line to have the keys asked for.'
    );
  }
  return (
    `This server is open: it asks for no API key, so ${open}. ` +
    'Make a key with `raceway keygen` and set RACEWAY_API_KEYS=\'["KEY"]\'.'
  );
}

function noteOnCors({ server, development }: Decided): string | null {
  const anyOrigin = development.cors_allow_all || server.cors_origins.includes('*');
  if (!server.cors_enabled || !anyOrigin) return null;
  if (server.auth_enabled && isLoopback(server.host)) return null;
  const key = development.cors_allow_all ? 'development.cors_allow_all' : 'server.cors_origins';
  const danger = server.auth_enabled
    ? 'every web page may call this server from its visitors’ browsers'
    : 'every web page that somebody here opens can read and delete traces, as no key is asked for';
  return `Because of ${key}, ${danger}. Name the origins of your own pages in server.cors_origins.`;
}

function noteOnMemory({ storage }: Decided, memory: ProcessMemory | undefined): string | null {
  if (memory === undefined || storage.backend !== 'memory') return null;
  const { constrainedBytes, heapBytesMax } = memory;
  const eventBytesMax = storage.memory.max_bytes;
  if (constrainedBytes === 0 || eventBytesMax + heapBytesMax <= constrainedBytes) return null;
  return (
    `storage.memory.max_bytes (${mebibytes(eventBytesMax)}) and the heap limit of Node ` +
    `(${mebibytes(heapBytesMax)}) are together more than this process may use ` +
    `(${mebibytes(constrainedBytes)}): it may be killed before it evicts traces. Lower max_bytes, ` +
    'start Node with a smaller --max-old-space-size, or raise the limit.'
  );
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MiB`;
}
