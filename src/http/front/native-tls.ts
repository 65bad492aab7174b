import type { ServerOptions } from 'node:https';
import type { Server } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import type { FastifyBaseLogger } from 'fastify';
import {
  type Certificate,
  type CertificateFiles,
  noteOnExpiry,
  readCertificate,
} from '../../config/certificate.ts';
import { fileState } from '../../config/file-state.ts';
import { readTextFile } from '../../config/values/text-file.ts';
import { RacewayError } from '../../domain/errors.ts';
import { httpLimits } from '../limits.ts';

/** Forward secrecy and authenticated encryption only; TLS 1.3 has nothing else anyway. */
const ciphers = [
  ...['TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256'],
  ...['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256'],
  ...['ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-RSA-AES256-GCM-SHA384'],
  ...['ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-RSA-CHACHA20-POLY1305'],
].join(':');

/** How often the files are looked at. */
export const certificatePollMs = 10_000;
const dayMs = 86_400_000;

/** What the server tells about its certificate. */
export interface CertificateObserver {
  readonly log: FastifyBaseLogger;
  /** After each load. */
  loaded(expiresAtMs: number): void;
}

/**
 * The certificate of a server that speaks TLS itself. It is taken anew when the files change, also
 * when a symlink of their path does (certbot, Kubernetes); connections that are open keep the old
 * one. What cannot be used is logged, and the old one stays.
 */
export class NativeTls {
  readonly #files: CertificateFiles;
  readonly #observer: CertificateObserver;
  #certificate: Certificate;
  readonly #servers: TlsServer[] = [];
  /** What the files looked like when they were last read, and at the last poll. */
  #readState: string;
  #seenState: string;
  #warnedAtMs = Number.NEGATIVE_INFINITY;

  /** @throws {RacewayError} when the files cannot be used */
  constructor(files: CertificateFiles, observer: CertificateObserver) {
    this.#files = files;
    this.#observer = observer;
    this.#readState = stateOf(files);
    this.#seenState = this.#readState;
    const reading = readCertificate(files, readTextFile);
    if ('fault' in reading) {
      throw new RacewayError('internal', `server.tls.${reading.file} ${reading.fault}`);
    }
    this.#certificate = reading.certificate;
    observer.loaded(this.#certificate.expiresAtMs);
    this.#warnOfExpiry();
  }

  /** For `https.createServer`. */
  get options(): ServerOptions {
    return { ...this.#context(), handshakeTimeout: httpLimits.headersTimeoutMs };
  }

  /** A server that gets each new certificate. */
  attach(server: Server): void {
    if (server instanceof TlsServer) this.#servers.push(server);
  }

  /** The certificate and its private key as they are now, in PEM form. */
  get pair(): { readonly cert: Buffer; readonly key: Buffer } {
    const { cert, key } = this.#certificate;
    return { cert: Buffer.from(cert), key: Buffer.from(key) };
  }

  /** Takes the files anew when they changed and have come to rest since the last call. */
  poll(): void {
    const state = stateOf(this.#files);
    if (state === this.#seenState && state !== this.#readState) this.reload();
    this.#seenState = state;
    this.#warnOfExpiry();
  }

  /** Takes the files anew at once. */
  reload(): void {
    const { log } = this.#observer;
    this.#readState = stateOf(this.#files);
    const reading = readCertificate(this.#files, readTextFile);
    if ('fault' in reading) {
      log.error(`server.tls.${reading.file} ${reading.fault}; the certificate before it stays`);
      return;
    }
    this.#certificate = reading.certificate;
    for (const server of this.#servers) server.setSecureContext(this.#context());
    const { expiresAtMs } = reading.certificate;
    log.info({ expires_at: new Date(expiresAtMs).toISOString() }, 'TLS certificate loaded');
    this.#observer.loaded(expiresAtMs);
    this.#warnedAtMs = Number.NEGATIVE_INFINITY;
    this.#warnOfExpiry();
  }

  #context() {
    const { cert, key } = this.#certificate;
    return { cert, key, ciphers, minVersion: 'TLSv1.2' as const };
  }

  /** Once a day. */
  #warnOfExpiry(): void {
    const nowMs = Date.now();
    if (nowMs < this.#warnedAtMs + dayMs) return;
    const note = noteOnExpiry(this.#certificate.expiresAtMs, nowMs);
    if (note === null) return;
    this.#warnedAtMs = nowMs;
    this.#observer.log.warn(note.text);
  }
}

/** Changes whenever one of the files does, or what its path leads to. */
function stateOf({ cert, key }: CertificateFiles): string {
  return [cert, key].map(fileState).join('\n');
}
