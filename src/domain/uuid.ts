const SPELLINGS =
  /^(?:urn:uuid:)?(\{)?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})(\})?$/i;
const CANONICAL = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * The lower-case, hyphenated spelling of a UUID, or null when the text is none.
 *
 * Accepts the spellings that SDKs send: hyphenated, 32 hex digits, `urn:uuid:` and braces, in any
 * case. Version and variant digits are not looked at.
 */
export function canonicalUuid(text: string): string | null {
  if (CANONICAL.test(text)) return text;
  const match = SPELLINGS.exec(text);
  if (match === null || (match[1] === undefined) !== (match[7] === undefined)) return null;
  const canonical = match.slice(2, 7).join('-').toLowerCase();
  const bare = text.replace(/^urn:uuid:/i, '').replace(/[{}]/g, '');
  return bare.length === 32 || bare.toLowerCase() === canonical ? canonical : null;
}
