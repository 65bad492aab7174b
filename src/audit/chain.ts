import { createHash, randomBytes } from 'node:crypto';

/** Where a chain of audit lines stands: every line holds the hash of the one before. */
export interface ChainHead {
  /** Names the chain: 8 hexadecimal digits, the same in all its lines. */
  readonly chain: string;
  /** Number of the last line; the first has 1. */
  readonly seq: number;
  /** Of the last line; zeros before the first. */
  readonly hash: string;
}

/** A line as far as the chain is concerned. */
export interface ChainLink extends ChainHead {
  /** The hash of the line before. */
  readonly previous: string;
  /** RFC 3339; empty when the line has none. */
  readonly time: string;
}

/** What the first line of a chain holds in place of the hash before. */
export const noHash = '0'.repeat(64);

const lineShape =
  /^(\{"stream":"audit","chain":"([0-9a-f]{8})","seq":([1-9]\d{0,14}),[\s\S]*"prev":"([0-9a-f]{64})"),"hash":"([0-9a-f]{64})"\}$/;
const timeShape = /^\{"stream":"audit","chain":"\w+","seq":\d+,"time":"([^"]{1,40})"/;

export function newChain(): ChainHead {
  return { chain: randomBytes(4).toString('hex'), seq: 0, hash: noHash };
}

/**
 * The next line of a chain, with its line end. The hash is the SHA-256 of the line's own text up to
 * the comma before `"hash"`, in which the hash of the line before is the last member.
 */
export function nextLine(head: ChainHead, content: object): { line: string; head: ChainHead } {
  const { chain, hash: prev } = head;
  const seq = head.seq + 1;
  const members = { stream: 'audit', chain, seq, ...content, prev };
  const text = JSON.stringify(members).slice(0, -1);
  const hash = sha256(text);
  return { line: `${text},"hash":"${hash}"}\n`, head: { chain, seq, hash } };
}

/**
 * What a line says of its chain, or what is wrong with the line itself.
 *
 * @param line its bytes as text in `latin1`, without line end, so that no byte is lost
 */
export function readLink(line: string): ChainLink | { fault: string } {
  const [, text, chain, seq, previous, hash] = lineShape.exec(line) ?? [];
  if (text === undefined || chain === undefined || previous === undefined || hash === undefined) {
    return { fault: 'is no line of an audit log' };
  }
  if (sha256(Buffer.from(text, 'latin1')) !== hash) {
    return { fault: 'was changed: its hash does not fit its text' };
  }
  return { chain, seq: Number(seq), previous, hash, time: timeShape.exec(line)?.[1] ?? '' };
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}
