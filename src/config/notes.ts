import type { Decided } from './decision.ts';
import type { Note } from './fault.ts';
import { expiredRules } from './values/finding-rule.ts';
import { isLoopback } from './values/network-address.ts';

/** What an operator should know about a configuration that is sound. */
export function notesOn(config: Decided): Note[] {
  const expired = expiredRules(config.findings, Date.now());
  return [noteOnAuth(config), noteOnCors(config), ...expired].flatMap((text) =>
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
