import type { TemplateValue } from '../template.ts';
import { type ParameterName, parameterNames } from './placeholders.ts';
import type { Token } from './tokens.ts';

/** A text says something that the parsers here do not know; it counts as not understood. */
export class NotUnderstood extends Error {}

/** Walks over the tokens of a text. */
export class TokenCursor {
  /** What each placeholder stands for. */
  readonly parameters: readonly ParameterName[];
  readonly #tokens: readonly Token[];
  readonly #names: ReadonlyMap<Token, ParameterName>;
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
    this.#names = parameterNames(tokens);
    this.parameters = [...new Set(this.#names.values())];
  }

  /** The next token, or one further ahead; undefined behind the last. */
  peek(ahead = 0): Token | undefined {
    return this.#tokens[this.#at + ahead];
  }

  /** Takes the next token. */
  take(): Token {
    const token = this.#tokens[this.#at];
    if (token === undefined) throw new NotUnderstood('the text ends too early');
    this.#at += 1;
    return token;
  }

  /** Whether what comes next are these words or signs. */
  isNext(...texts: readonly string[]): boolean {
    return texts.every((text, ahead) => {
      const token = this.peek(ahead);
      return token?.text === text && (token.kind === 'word' || token.kind === 'symbol');
    });
  }

  /** Takes these words or signs, if they come next. */
  takeIf(...texts: readonly string[]): boolean {
    const isThere = this.isNext(...texts);
    if (isThere) this.#at += texts.length;
    return isThere;
  }

  /** Takes the first of some words that comes next; null when none does. */
  takeOne(...texts: readonly string[]): string | null {
    return texts.find((text) => this.takeIf(text)) ?? null;
  }

  /** Takes these words or signs, which must come next. */
  expect(...texts: readonly string[]): void {
    if (!this.takeIf(...texts)) throw new NotUnderstood(`expected ${texts.join(' ')}`);
  }

  /** Takes a name, quoted or not. */
  name(): string {
    const token = this.take();
    if (token.kind === 'name' || token.kind === 'word') return token.text;
    throw new NotUnderstood('expected a name');
  }

  /** The value of a placeholder that was taken. */
  parameter(token: Token): TemplateValue {
    const name = this.#names.get(token);
    if (name === undefined) throw new NotUnderstood('a placeholder without a parameter');
    return { parameter: this.parameters.indexOf(name), isList: false };
  }

  /** Takes everything up to the bracket that closes one which was taken. */
  skipBrackets(): void {
    for (let depth = 1; depth > 0; ) {
      if (this.takeIf('(')) depth += 1;
      else if (this.takeIf(')')) depth -= 1;
      else this.take();
    }
  }
}
