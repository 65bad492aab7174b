/** Attributes whose names begin so are tags: what stands behind it is the key. */
const TAG_PREFIX = 'raceway.tag.';

/** Attributes of the semantic conventions that tell whose request it was; they are tags by their own names. */
const TAG_NAMES: ReadonlySet<string> = new Set(['user.id', 'enduser.id', 'session.id']);

/** Tags by which an SDK tells what the analysis goes by; a span tells it in its own way. */
const RESERVED_KEYS: ReadonlySet<string> = new Set([
  ...['blocking', 'scope', 'sdk_language', 'task_id', 'ts', 'version'],
]);

/** The key of the tag that an attribute of OpenTelemetry is, by its name; null: it is none. */
export function tagKeyOf(name: string): string | null {
  if (TAG_NAMES.has(name)) return name;
  if (!name.startsWith(TAG_PREFIX)) return null;
  const key = name.slice(TAG_PREFIX.length);
  return key === '' || key.includes(':') || RESERVED_KEYS.has(key) ? null : key;
}
