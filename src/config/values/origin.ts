/**
 * Why a text is not a web origin as browsers send it, with the corrected spelling if there is one;
 * null when it is right. Browsers compare origins letter by letter: with one slash too many an
 * origin would never match, and nobody would notice.
 */
export function originFault(text: string): string | null {
  if (text === '*') return null;
  if (text.trim() === '') return 'is blank';
  if (text === 'null') return 'is null: every sandboxed page is "null", so it would let all in';
  if (text.includes('*')) {
    return 'has a * in it: write each origin in full, or "*" alone for every origin';
  }
  const url = readUrl(text);
  if (url === null)
    return 'is not an origin; write scheme://host[:port], as in "https://app.company.com"';
  const correct = originOf(url);
  return correct === text ? null : `must be written "${correct}"`;
}

function readUrl(text: string): URL | null {
  const hasScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
  // One word is no forgotten scheme: it may be a key in the wrong place, and is not repeated.
  if (!hasScheme && !/[.:]|^localhost$/i.test(text)) return null;
  const withScheme = hasScheme ? text : `https://${text}`;
  if (/[\s"'<>\\,]/.test(text) || !URL.canParse(withScheme)) return null;
  const url = new URL(withScheme);
  return url.host === '' ? null : url;
}

/** `URL.origin` is "null" for schemes outside the web (apps, extensions), though they have one. */
function originOf(url: URL): string {
  return url.origin === 'null' ? `${url.protocol}//${url.host}` : url.origin;
}
