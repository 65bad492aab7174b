import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** A file's text, or the rest of the sentence "… names a file that …". */
export type TextFile = { text: string } | { fault: string };

/** Hundreds of times a whole configuration; a larger file is another file, or a device. */
const fileBytesMax = 1024 * 1024;

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'does not exist (a folder of its path is a file)',
  EACCES: 'may not be read by this user; check its owner and mode',
  EPERM: 'may not be read by this user; check its owner and mode',
  EISDIR: 'is a folder',
};

/** Reads a file of UTF-8 text, with or without a byte order mark; pipes work too. */
export function readTextFile(path: string): TextFile {
  if (path.includes('\0')) return { fault: 'has a NUL character in its name' };
  try {
    const bytes = readBytes(path);
    if (bytes.length > fileBytesMax) return { fault: `is larger than ${fileBytesMax} bytes` };
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') {
      return { fault: 'is not UTF-8 text; save it with that encoding' };
    }
    return { fault: reasons[code] ?? `cannot be read (${code})` };
  }
}

/** At most one byte more than allowed, so that a device without an end is not read for ever. */
function readBytes(path: string): Buffer {
  const file = openSync(path, 'r');
  try {
    if (fstatSync(file).isDirectory()) throw Object.assign(new Error('folder'), { code: 'EISDIR' });
    const buffer = Buffer.allocUnsafe(fileBytesMax + 1);
    let length = 0;
    for (;;) {
      const count = readSync(file, buffer, length, buffer.length - length, null);
      length += count;
      if (count === 0 || length === buffer.length) return buffer.subarray(0, length);
    }
  } finally {
    closeSync(file);
  }
}
