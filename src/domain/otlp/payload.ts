import type { KindName } from '../event/event-kind.ts';
import { isErrorOf, operationOf } from '../event/operation.ts';
import { REDACTED } from '../event/redaction-path.ts';
import { shortened } from '../event/shortened.ts';
import { limits } from '../limits.ts';
import { type Attributes, type AttributeValue, textOf } from './attribute.ts';
import type { AttributeWriter, Moved } from './attribute-text.ts';
import { find, type SemanticName } from './semantic-names.ts';

/** What a span, or a part of it, becomes as an event of Raceway. */
export interface EventPayload {
  readonly kind: KindName;
  /** JSON text. */
  readonly payload: string;
  readonly operation: string;
  /** The attributes that stand in the payload. */
  readonly moved: Moved | null;
  /** JSON text. */
  readonly tags: string;
}

/** Builds payloads member by member, and notes which attributes have found a place in them. */
export class PayloadBuilder {
  readonly #kind: KindName;
  readonly #attributes: Attributes;
  readonly #writer: AttributeWriter;
  readonly #plain: Record<string, string> = {};
  #members = '';
  #moved: Map<string, string> | null = null;

  constructor(kind: KindName, attributes: Attributes, writer: AttributeWriter) {
    this.#kind = kind;
    this.#attributes = attributes;
    this.#writer = writer;
  }

  /** A member that is a name: it is shown in lists, and bounded. */
  name(member: string, text: string): this {
    if (text.length > limits.nameCharacters) {
      const max = limits.nameCharacters;
      this.#writer.noteFault(`has a text of more than ${max} characters where a name belongs`);
    }
    return this.text(member, text);
  }

  text(member: string, text: string): this {
    this.#plain[member] = text;
    return this.json(member, this.#writer.text(text));
  }

  /** A member whose text is JSON already. */
  json(member: string, text: string): this {
    this.#members += `${this.#members === '' ? '' : ','}"${member}":${text}`;
    return this;
  }

  /** The attribute with this name now stands in a member. */
  moved(attribute: string, member: string): this {
    this.#moved ??= new Map();
    this.#moved.set(attribute, member);
    return this;
  }

  /** The text of an attribute; one that must not be stored reads as redacted. */
  textOf(meaning: SemanticName): string | null {
    const found = find(this.#attributes, meaning);
    return found === null ? null : this.shown(found.name, found.value);
  }

  shown(name: string, value: AttributeValue | undefined): string | null {
    const text = textOf(value);
    return text !== null && this.#writer.takes(name) ? REDACTED : text;
  }

  /** Moves the text of an attribute into a member of the same meaning; false when there is none. */
  move(meaning: SemanticName, member: string): boolean {
    const found = find(this.#attributes, meaning);
    const text = found === null ? null : this.shown(found.name, found.value);
    if (found === null || text === null) return false;
    this.text(member, text).moved(found.name, member);
    return true;
  }

  build(tags = 'null'): EventPayload {
    const operation = operationOf(this.#kind, this.#plain);
    return {
      kind: this.#kind,
      payload: `{${this.#members}}`,
      operation: shortened(operation, limits.operationCharacters),
      moved: this.#moved,
      tags,
    };
  }
}

/** Whether a status of HTTP is a failure of the server. */
export function isServerError(status: number): boolean {
  return isErrorOf('HttpResponse', status, 'HttpResponse');
}
