import type { IncomingMessage } from 'node:http';
import type { Config } from '../../config/schema.ts';
import type { AccessKey } from '../../keys/access-key.ts';
import { type KeyRing, keyFaults } from '../../keys/key-ring.ts';
import { presentedKey } from '../front/auth.ts';
import type { ClientAddresses } from '../front/client-address.ts';
import { isEncrypted } from './encryption.ts';
import { isFromOwnPage, isOwnOrigin, type OwnPlace } from './own-page.ts';
import { createProxySignIn, type ProxySignIn } from './proxy-sign-in.ts';
import { sessionCookie, sessionValues } from './session-cookie.ts';
import { SessionSeal } from './session-seal.ts';

/** How long a browser stays signed in: a working day. */
const sessionMs = 12 * 3_600_000;

/** Why a request is not let in. */
export const doorFaults = [...keyFaults, 'session', 'foreign_page'] as const;
export type DoorFault = (typeof doorFaults)[number];

/** Who sent a request. */
export interface Credential {
  /** The key itself, a session that was opened with it, or a person whom a proxy has signed in. */
  readonly kind: 'key' | 'session' | 'proxy';
  readonly key: AccessKey;
  /** When the session or the key ends; null: never by itself. */
  readonly expiresAtMs: number | null;
}

/** Knows who sent a request: by its key, or by what a browser adds to it by itself. */
export class Doorkeeper {
  readonly #keys: KeyRing;
  readonly #addresses: ClientAddresses;
  readonly #seal: SessionSeal;
  readonly #proxy: ProxySignIn;
  readonly #publicOrigin: string | null;

  constructor(
    settings: { readonly server: Config['server']; readonly ui: Config['ui'] },
    keys: KeyRing,
    addresses: ClientAddresses,
  ) {
    const { server, ui } = settings;
    this.#keys = keys;
    this.#addresses = addresses;
    this.#seal = new SessionSeal(ui.session_secret ?? null);
    this.#proxy = createProxySignIn(ui, addresses);
    this.#publicOrigin = server.public_url === undefined ? null : new URL(server.public_url).origin;
  }

  /**
   * A key that is sent wins over what the browser adds, and a wrong one is not rescued by it. What
   * the browser adds counts for pages of this server only.
   */
  identify(request: IncomingMessage, nowMs: number): Credential | DoorFault {
    const presented = presentedKey(request.headers);
    if (presented !== null) {
      const key = this.#keys.find(presented, nowMs);
      if (typeof key === 'string') return key;
      return { kind: 'key', key, expiresAtMs: key.expiresAtMs };
    }
    const values = sessionValues(request.headers.cookie);
    const added = this.#session(values, nowMs) ?? this.#person(request);
    if (added === null) return values.length === 0 ? 'missing' : 'session';
    return this.isFromOwnPage(request) ? added : 'foreign_page';
  }

  /** Whether a request that a browser could have been led to send comes from our own page. */
  isFromOwnPage(request: IncomingMessage): boolean {
    return isFromOwnPage(request, this.#placeOf(request));
  }

  /** Whether the `Origin` of a request is that of our own pages. */
  isOwnOrigin(request: IncomingMessage, origin: string): boolean {
    return isOwnOrigin(origin, request.headers.host, this.#placeOf(request));
  }

  #placeOf(request: IncomingMessage): OwnPlace {
    return {
      publicOrigin: this.#publicOrigin,
      isEncrypted: isEncrypted(request, this.#addresses),
    };
  }

  /** The cookie of a new session, which ends with its key. */
  openSession(request: IncomingMessage, key: AccessKey, nowMs: number): string {
    const expiresAtMs = Math.min(nowMs + sessionMs, key.expiresAtMs ?? Number.POSITIVE_INFINITY);
    return sessionCookie(this.#seal.seal({ digest: key.digest, expiresAtMs }), {
      maxAgeSeconds: Math.floor((expiresAtMs - nowMs) / 1000),
      isSecure: isEncrypted(request, this.#addresses),
    });
  }

  /** The cookie that takes a session out of its browser. */
  closeSession(request: IncomingMessage): string {
    const isSecure = isEncrypted(request, this.#addresses);
    return sessionCookie('', { maxAgeSeconds: 0, isSecure });
  }

  #session(values: readonly string[], nowMs: number): Credential | null {
    for (const value of values) {
      const content = this.#seal.open(value);
      if (content === null || content.expiresAtMs <= nowMs) continue;
      const key = this.#keys.findByDigest(content.digest, nowMs);
      if (key !== null) return { kind: 'session', key, expiresAtMs: content.expiresAtMs };
    }
    return null;
  }

  #person(request: IncomingMessage): Credential | null {
    const key = this.#proxy.personOf(request);
    return key === null ? null : { kind: 'proxy', key, expiresAtMs: null };
  }
}
