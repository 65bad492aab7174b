/** The members of OpenAPI documents and JSON schemas that matter here. */
export interface ApiSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly ApiSchema[];
  readonly oneOf?: readonly ApiSchema[];
  readonly properties?: Readonly<Record<string, ApiSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: ApiSchema | boolean;
  readonly items?: ApiSchema;
  readonly prefixItems?: readonly ApiSchema[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  /** The parameter without which nothing of this form is in a reply. */
  readonly 'x-asked-by'?: string;
}

type Content = Readonly<Record<string, { readonly schema?: ApiSchema }>>;

interface Operation {
  readonly parameters?: readonly {
    readonly in: string;
    readonly name: string;
    readonly required?: boolean;
    readonly schema?: ApiSchema;
  }[];
  readonly requestBody?: { readonly required?: boolean; readonly content: Content };
  readonly responses?: Readonly<Record<string, { readonly content?: Content }>>;
}

export interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, ApiSchema>> };
}

/** Who writes what a schema describes: the server a reply, a client a request. */
type Direction = 'reply' | 'request';

/**
 * What of an API of before a client can no longer rely on, each with its place (docs/stability.md,
 * "HTTP"). A list of values in a reply may grow, and so may every object of a reply.
 */
export function breakingChanges(before: ApiDocument, after: ApiDocument): string[] {
  return Object.entries(before.paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, operation]) => {
      const place = `${method.toUpperCase()} ${path}`;
      const next = after.paths[path]?.[method];
      if (next === undefined) return [`${place} is gone`];
      const comparison = new Comparison(before, after);
      comparison.parameters(operation, next, place);
      comparison.body(operation, next, place);
      comparison.replies(operation, next, place);
      return comparison.faults;
    }),
  );
}

class Comparison {
  readonly faults: string[] = [];
  readonly #before: ApiDocument;
  readonly #after: ApiDocument;
  /** Parameters that clients of before do not send. */
  #newParameters: ReadonlySet<string> = new Set();
  /** Pairs of named schemas that are being compared, or were. */
  readonly #seen = new Set<string>();

  constructor(before: ApiDocument, after: ApiDocument) {
    this.#before = before;
    this.#after = after;
  }

  parameters(before: Operation, after: Operation, place: string): void {
    const key = (parameter: { in: string; name: string }) => `${parameter.in} ${parameter.name}`;
    const next = new Map((after.parameters ?? []).map((item) => [key(item), item]));
    const known = new Map((before.parameters ?? []).map((item) => [key(item), item]));
    for (const [name, parameter] of known) {
      const other = next.get(name);
      if (other === undefined) this.faults.push(`${place}: parameter ${name} is gone`);
      else this.#schemas(parameter.schema, other.schema, 'request', `${place} ${name}`);
    }
    for (const [name, { required }] of next) {
      if (required === true && known.get(name)?.required !== true) {
        this.faults.push(`${place}: parameter ${name} is now required`);
      }
    }
  }

  body(before: Operation, after: Operation, place: string): void {
    const next = after.requestBody;
    if (next?.required === true && before.requestBody?.required !== true) {
      this.faults.push(`${place}: a body is now required`);
    }
    this.#contents(before.requestBody?.content, next?.content, 'request', `${place} body`);
  }

  replies(before: Operation, after: Operation, place: string): void {
    const known = new Set((before.parameters ?? []).map(({ name }) => name));
    const names = (after.parameters ?? []).map(({ name }) => name);
    this.#newParameters = new Set(names.filter((name) => !known.has(name)));
    for (const [status, reply] of Object.entries(before.responses ?? {})) {
      const next = after.responses?.[status];
      if (next === undefined) this.faults.push(`${place}: status ${status} is gone`);
      else this.#contents(reply.content, next.content, 'reply', `${place} ${status}`);
    }
  }

  #contents(
    before: Content | undefined,
    after: Content | undefined,
    direction: Direction,
    place: string,
  ): void {
    for (const [type, { schema }] of Object.entries(before ?? {})) {
      const next = after?.[type];
      if (next === undefined) this.faults.push(`${place}: ${type} is gone`);
      else this.#schemas(schema, next.schema, direction, place);
    }
  }

  #schemas(
    before: ApiSchema | undefined,
    after: ApiSchema | undefined,
    direction: Direction,
    place: string,
  ): void {
    if (before === undefined || after === undefined) return;
    const pair = `${direction} ${before.$ref} ${after.$ref}`;
    if (before.$ref !== undefined && after.$ref !== undefined) {
      if (this.#seen.has(pair)) return;
      this.#seen.add(pair);
    }
    const from = alternatives(before, this.#before);
    const to = alternatives(after, this.#after);
    // What is written now must be among what the reader knows.
    const [written, known] = direction === 'reply' ? [to, from] : [from, to];
    for (const one of written) {
      if (this.#newParameters.has(one['x-asked-by'] ?? '')) continue;
      const candidates = known.filter((other) => canBe(one, other, direction));
      const [first] = candidates;
      if (first === undefined) {
        this.faults.push(
          `${place}: ${named(one)} where there was ${known.map(named).join(' or ')}`,
        );
        continue;
      }
      const trials = candidates.map((other) => {
        const trial = new Comparison(this.#before, this.#after);
        trial.#newParameters = this.#newParameters;
        for (const seen of this.#seen) trial.#seen.add(seen);
        if (direction === 'reply') trial.#alternative(other, one, direction, place);
        else trial.#alternative(one, other, direction, place);
        return trial.faults;
      });
      this.faults.push(...(trials.toSorted((a, b) => a.length - b.length)[0] ?? []));
    }
  }

  #alternative(before: ApiSchema, after: ApiSchema, direction: Direction, place: string): void {
    if (direction === 'request') this.#narrowing(before, after, place);
    this.#properties(before, after, direction, place);
    this.#schemas(before.items, after.items, direction, `${place}[]`);
    for (const [index, item] of (before.prefixItems ?? []).entries()) {
      this.#schemas(item, after.prefixItems?.[index], direction, `${place}[${index}]`);
    }
    const [rest, nextRest] = [before.additionalProperties, after.additionalProperties];
    if (typeof rest === 'object' && typeof nextRest === 'object') {
      this.#schemas(rest, nextRest, direction, `${place}.*`);
    }
  }

  #properties(before: ApiSchema, after: ApiSchema, direction: Direction, place: string): void {
    const next = after.properties ?? {};
    for (const [name, schema] of Object.entries(before.properties ?? {})) {
      const other = next[name];
      if (other !== undefined) this.#schemas(schema, other, direction, `${place}.${name}`);
      else if (direction === 'reply' || after.additionalProperties === false) {
        this.faults.push(`${place}: member ${name} is gone`);
      }
    }
    const [always, nowAlways] = [before.required ?? [], after.required ?? []];
    if (direction === 'reply') {
      for (const name of always) {
        if (name in next && !nowAlways.includes(name)) {
          this.faults.push(`${place}: member ${name} may now be absent`);
        }
      }
    } else {
      for (const name of nowAlways) {
        if (!always.includes(name)) this.faults.push(`${place}: member ${name} is now required`);
      }
    }
  }

  /** What was allowed in a request and is not any more. */
  #narrowing(before: ApiSchema, after: ApiSchema, place: string): void {
    const values = after.enum;
    if (values !== undefined && (before.enum === undefined || !isWithin(before.enum, values))) {
      this.faults.push(`${place}: only ${JSON.stringify(values)} is allowed now`);
    }
    for (const limit of ['minimum', 'minLength', 'minItems'] as const) {
      if ((after[limit] ?? -Infinity) > (before[limit] ?? -Infinity)) {
        this.faults.push(`${place}: ${limit} is now ${after[limit]}`);
      }
    }
    for (const limit of ['maximum', 'maxLength', 'maxItems'] as const) {
      if ((after[limit] ?? Infinity) < (before[limit] ?? Infinity)) {
        this.faults.push(`${place}: ${limit} is now ${after[limit]}`);
      }
    }
    if (after.pattern !== undefined && after.pattern !== before.pattern) {
      this.faults.push(`${place}: must now match ${after.pattern}`);
    }
  }
}

/** The forms that a value may have, each of one type at most. */
function alternatives(schema: ApiSchema, document: ApiDocument): ApiSchema[] {
  const open: ApiSchema[] = [schema];
  const found: ApiSchema[] = [];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { $ref, anyOf, oneOf, type, ...rest } = next;
    const choices = anyOf ?? oneOf;
    if ($ref !== undefined) {
      const target = document.components?.schemas?.[$ref.replace('#/components/schemas/', '')];
      if (target !== undefined) open.push(target);
    } else if (choices !== undefined) open.push(...choices);
    else if (Array.isArray(type)) open.push(...type.map((one) => ({ ...rest, type: one })));
    else found.push(next);
  }
  return found.reverse();
}

/** Whether what is written in one form is read in the other; details are compared afterwards. */
function canBe(written: ApiSchema, known: ApiSchema, direction: Direction): boolean {
  if (known.type === undefined) return true;
  // A reader of a document that says nothing of a type cannot tell, and has to look.
  if (written.type === undefined) return direction === 'request';
  return written.type === known.type || (written.type === 'integer' && known.type === 'number');
}

function isWithin(some: readonly unknown[], all: readonly unknown[]): boolean {
  return some.every((value) => all.includes(value));
}

function named({ type }: ApiSchema): string {
  return type === undefined ? 'anything' : String(type);
}
