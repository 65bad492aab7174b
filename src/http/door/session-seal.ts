import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const algorithm = 'aes-256-gcm';
const ivBytes = 12;
const tagBytes = 16;
const expiryBytes = 8;
const digestBytes = 32;
const sealedBytes = ivBytes + tagBytes + expiryBytes + digestBytes;
/** The sealed bytes in base64url, without padding. */
const sealedCharacters = Math.ceil((sealedBytes * 4) / 3);

/** What the cookie of a browser stands for. */
export interface SessionContent {
  /** Digest of the key that the session was opened with, and ends with. */
  readonly digest: Buffer;
  readonly expiresAtMs: number;
}

/**
 * Seals what a session is into a text that only this seal makes and opens. The server keeps no list
 * of sessions: whoever has the secret opens those of every instance, and nobody else any.
 */
export class SessionSeal {
  readonly #key: Buffer;

  /** @param secret null: one of this process, so that its sessions end with it */
  constructor(secret: string | null) {
    this.#key = Buffer.from(
      hkdfSync('sha256', secret ?? randomBytes(32), 'raceway', 'session cookie', 32),
    );
  }

  seal({ digest, expiresAtMs }: SessionContent): string {
    const iv = randomBytes(ivBytes);
    const plain = Buffer.alloc(expiryBytes + digestBytes);
    plain.writeDoubleBE(expiresAtMs);
    digest.copy(plain, expiryBytes);
    const cipher = createCipheriv(algorithm, this.#key, iv);
    const box = Buffer.concat([cipher.update(plain), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), box]).toString('base64url');
  }

  /** Null for every text that was not sealed with this secret. */
  open(text: string): SessionContent | null {
    if (text.length !== sealedCharacters) return null;
    const bytes = Buffer.from(text, 'base64url');
    if (bytes.length !== sealedBytes) return null;
    const iv = bytes.subarray(0, ivBytes);
    const tag = bytes.subarray(ivBytes, ivBytes + tagBytes);
    const box = bytes.subarray(ivBytes + tagBytes);
    try {
      const decipher = createDecipheriv(algorithm, this.#key, iv, { authTagLength: tagBytes });
      decipher.setAuthTag(tag);
      const plain = Buffer.concat([decipher.update(box), decipher.final()]);
      return { digest: plain.subarray(expiryBytes), expiresAtMs: plain.readDoubleBE() };
    } catch {
      return null;
    }
  }
}
