import type { Token } from './tokens.ts';

/** Parameters of a text: by place from 0, or by name. */
export type ParameterName = number | string;

/** A text with `$1`, `$2` … for its placeholders, and what each of them stands for. */
export interface NumberedText {
  readonly text: string;
  readonly parameters: readonly ParameterName[];
}

/** Which parameter each placeholder of a text means: `?` and `%s` by their order, others by what they say. */
export function parameterNames(tokens: readonly Token[]): ReadonlyMap<Token, ParameterName> {
  const names = new Map<Token, ParameterName>();
  let places = 0;
  for (const token of tokens) {
    if (token.kind !== 'placeholder') continue;
    if (token.text === '') names.set(token, places++);
    else names.set(token, /^[1-9]\d{0,4}$/.test(token.text) ? Number(token.text) - 1 : token.text);
  }
  return names;
}

/** How many parameters are given by their places. */
export function placeCount(names: Iterable<ParameterName>): number {
  let count = 0;
  for (const name of names) {
    if (typeof name === 'number') count = Math.max(count, name + 1);
  }
  return count;
}

/**
 * Writes the placeholders of a text as PostgreSQL itself does. Python puts a whole list for `IN %s`,
 * which is no SQL: it becomes `= ANY ($1)`.
 */
export function numbered(text: string, tokens: readonly Token[]): NumberedText {
  const names = parameterNames(tokens);
  const isPython = [...names.keys()].some(({ start }) => text[start] === '%');
  const numbers = new Map<ParameterName, number>();
  let written = '';
  let from = 0;
  tokens.forEach((token, at) => {
    const name = names.get(token);
    if (name === undefined) {
      // Python writes %% for the sign itself.
      const isDoubled = isPython && token.text === '%' && tokens[at - 1]?.text === '%';
      if (!isDoubled || tokens[at - 1]?.end !== token.start) return;
      written += text.slice(from, token.start);
      from = token.end;
      return;
    }
    const number = numbers.get(name) ?? numbers.size + 1;
    numbers.set(name, number);
    const list = listBefore(tokens, at);
    if (list === null) written += `${text.slice(from, token.start)}$${number}`;
    else {
      const operator = list.isNot ? '<> ALL' : '= ANY';
      written += `${text.slice(from, list.start)}${operator} ($${number})`;
    }
    from = token.end;
  });
  return { text: written + text.slice(from), parameters: [...numbers.keys()] };
}

/** `IN` or `NOT IN` right before a placeholder. */
function listBefore(tokens: readonly Token[], at: number) {
  const before = tokens[at - 1];
  if (before?.kind !== 'word' || before.text !== 'in') return null;
  const first = tokens[at - 2];
  const isNot = first?.kind === 'word' && first.text === 'not';
  return { isNot, start: isNot ? first.start : before.start };
}
