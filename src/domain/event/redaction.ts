import { ExactNumber, type JsonObject, type JsonValue } from '../json.ts';
import { ANY, REDACTED, type RedactionStep, readRedactionPath } from './redaction-path.ts';
import { tagKeyOf } from './tag-attribute.ts';

/** What is not to be stored. */
export interface RedactionRules {
  /** Names of HTTP headers, in any case. */
  readonly headers: readonly string[];
  /** Keys of tags. */
  readonly tags: readonly string[];
  /** Paths of {@link readRedactionPath}. */
  readonly paths: readonly string[];
}

/** What takes out of events what is not to be stored. */
export interface Redaction {
  /** Whether nothing but headers of HTTP is concerned, so that an event without any stays as it is. */
  readonly isOfHeadersOnly: boolean;
  /** Replaces what is not to be stored by {@link REDACTED}, in an event that was found to be valid. */
  readonly apply: (event: JsonObject) => void;
  /**
   * Whether the value of an attribute of OpenTelemetry is not to be stored: it is a header, it is
   * called as a tag is, or a path leads to it or to the tag that it becomes.
   */
  readonly takesAttribute: (name: string) => boolean;
}

export const nothingRedacted: Redaction = {
  isOfHeadersOnly: true,
  apply: () => {},
  takesAttribute: () => false,
};

/** Attributes that are headers: `http.request.header.cookie`, `rpc.grpc.request.metadata.cookie`. */
const HEADER_ATTRIBUTE = /\.(?:header|metadata)\.(.+)$/;

/** A step of several paths that begin alike. */
interface Branch {
  readonly members: Map<string, Branch>;
  any: Branch | null;
  isEnd: boolean;
}

/** Prepares the rules, so that an event which none of them concerns costs a few look-ups. */
export function compileRedaction({ headers, tags, paths }: RedactionRules): Redaction {
  const headerNames = new Set(headers.map((name) => name.toLowerCase()));
  const root = branch();
  for (const tag of tags) grow(root, ['metadata', 'tags', tag]);
  for (const path of paths) grow(root, readRedactionPath(path) ?? []);
  const tagNames = new Set(tags);
  const attributes = root.members.get('otel')?.members.get('attributes');
  const tagPaths = root.members.get('metadata')?.members.get('tags');
  return {
    isOfHeadersOnly: root.members.size === 0,
    takesAttribute(name) {
      const [, header] = HEADER_ATTRIBUTE.exec(name) ?? [];
      // The older names have no hyphens.
      const isHeader =
        header !== undefined && headerNames.has(header.toLowerCase().replace(/_/g, '-'));
      const tag = tagKeyOf(name);
      const isTag = tag !== null && isTaken(tagPaths, tag);
      return isHeader || tagNames.has(name) || isTaken(attributes, name) || isTag;
    },
    apply(event) {
      if (headerNames.size > 0) redactHeaders(event['kind'] as JsonObject, headerNames);
      if (root.members.size > 0) redactBelow(event, root);
    },
  };
}

function branch(): Branch {
  return { members: new Map(), any: null, isEnd: false };
}

/** Whether a path ends at a member of what stands there. */
function isTaken(at: Branch | undefined, name: string): boolean {
  return at?.any?.isEnd === true || at?.members.get(name)?.isEnd === true;
}

function grow(root: Branch, steps: readonly RedactionStep[]): void {
  let at = root;
  for (const step of steps) {
    if (step === ANY) {
      at.any ??= branch();
      at = at.any;
    } else {
      const next: Branch = at.members.get(step) ?? branch();
      at.members.set(step, next);
      at = next;
    }
  }
  at.isEnd = true;
}

function redactHeaders(kind: JsonObject, names: ReadonlySet<string>): void {
  for (const name of ['HttpRequest', 'HttpResponse']) {
    if (!Object.hasOwn(kind, name)) continue;
    const headers = (kind[name] as JsonObject)['headers'] as JsonObject | null;
    for (const header of Object.keys(headers ?? {})) {
      if (headers !== null && names.has(header.toLowerCase())) headers[header] = REDACTED;
    }
  }
}

/** As deep as the paths lead, whatever the depth of the value. */
function redactBelow(value: JsonValue | undefined, { members, any }: Branch): void {
  if (typeof value !== 'object' || value === null || value instanceof ExactNumber) return;
  const container = value as JsonObject;
  for (const [name, next] of members) {
    // The length of a list is no member.
    const isMember = Object.prototype.propertyIsEnumerable.call(container, name);
    if (isMember) redactMember(container, name, next);
  }
  if (any === null) return;
  for (const name of Object.keys(container)) redactMember(container, name, any);
}

function redactMember(container: JsonObject, name: string, next: Branch): void {
  if (next.isEnd) container[name] = REDACTED;
  else redactBelow(container[name], next);
}
