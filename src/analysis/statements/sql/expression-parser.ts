import type { Expression, Select } from '../meaning/query.ts';
import { shownValue } from '../shown-value.ts';
import { RESERVED } from './reserved-words.ts';
import { NotUnderstood, type TokenCursor } from './token-cursor.ts';
import type { Token } from './tokens.ts';

const COMPARISONS = new Set(['<', '>', '<=', '>=', '<>', '!=', '<=>']);
const MATCHES = ['like', 'ilike', 'regexp', 'rlike', 'glob', 'match', 'similar'];
const ARITHMETIC = new Set([
  '+',
  '-',
  '*',
  '/',
  '%',
  '||',
  '&',
  '|',
  '^',
  '->',
  '->>',
  'div',
  'mod',
]);
const CONSTANTS = new Set(['true', 'false']);
/** Words that need no brackets to be a function, or make a value of what follows. */
const BARE_FUNCTIONS = /^(?:current_(?:date|time|timestamp|user)|localtime(?:stamp)?|sysdate)$/;
const TYPED = new Set(['date', 'time', 'timestamp', 'binary', 'interval', 'x', 'n']);

/** Units of an interval. */
const UNITS = /^(?:(?:micro|milli)?seconds?|(?:minute|hour|day|week|month|quarter|year)s?)$/;

/** Reads expressions; those of MySQL, SQL Server and SQLite in as far as they are alike. */
export class ExpressionParser {
  readonly #cursor: TokenCursor;
  readonly #select: () => Select;

  /** @param select reads a query that begins here */
  constructor(cursor: TokenCursor, select: () => Select) {
    this.#cursor = cursor;
    this.#select = select;
  }

  expression(): Expression {
    const parts = [this.#conjunction()];
    while (this.#cursor.takeIf('or')) parts.push(this.#conjunction());
    return parts.length === 1 ? (parts[0] as Expression) : { kind: 'or', parts };
  }

  /** Expressions between commas. */
  list(): Expression[] {
    const parts = [this.expression()];
    while (this.#cursor.takeIf(',')) parts.push(this.expression());
    return parts;
  }

  #conjunction(): Expression {
    const parts = [this.#negation()];
    while (this.#cursor.takeIf('and')) parts.push(this.#negation());
    return parts.length === 1 ? (parts[0] as Expression) : { kind: 'and', parts };
  }

  #negation(): Expression {
    if (this.#cursor.takeIf('not')) return other(this.#negation());
    return this.#comparison();
  }

  #comparison(): Expression {
    let left = this.#sum();
    for (;;) {
      const next = this.#comparedWith(left);
      if (next === null) return left;
      left = next;
    }
  }

  /** What a comparison makes of its left side; null when none follows. */
  #comparedWith(left: Expression): Expression | null {
    const cursor = this.#cursor;
    if (cursor.takeIf('=', '=') || cursor.takeIf('=')) return equality(left, this.#sum());
    const sign = cursor.peek();
    if (sign?.kind === 'symbol' && COMPARISONS.has(sign.text)) {
      cursor.take();
      // `<=>` is an equality that NULL takes part in.
      const right = this.#sum();
      return sign.text === '<=>' ? equality(left, right) : other(left, right);
    }
    if (cursor.takeIf('is')) {
      cursor.takeIf('not');
      return other(left, this.#sum());
    }
    if (cursor.takeIf('collate')) {
      cursor.name();
      return left;
    }
    const isNot = cursor.takeIf('not');
    const compared = this.#wordComparison(left);
    if (compared === null && isNot) throw new NotUnderstood('NOT before something else');
    return compared !== null && isNot ? other(compared) : compared;
  }

  #wordComparison(left: Expression): Expression | null {
    const cursor = this.#cursor;
    if (cursor.takeIf('between')) {
      const from = this.#sum();
      cursor.expect('and');
      return other(left, from, this.#sum());
    }
    if (cursor.takeOne(...MATCHES) !== null) {
      const right = this.#sum();
      return cursor.takeIf('escape') ? other(left, right, this.#sum()) : other(left, right);
    }
    return cursor.takeIf('in') ? this.#membership(left) : null;
  }

  #membership(left: Expression): Expression {
    const cursor = this.#cursor;
    const placeholder = cursor.peek();
    // Python puts a whole list for `IN %s`, mysql2 for `IN ?`.
    if (placeholder?.kind === 'placeholder') {
      const value = cursor.parameter(cursor.take());
      const isOne = value === null || typeof value === 'string' || 'join' in value;
      return {
        kind: 'in',
        left,
        items: [{ kind: 'value', value: isOne ? null : { ...value, isList: true } }],
      };
    }
    cursor.expect('(');
    const items = cursor.isNext('select') || cursor.isNext('with') ? this.#subQuery() : this.list();
    cursor.expect(')');
    return Array.isArray(items) ? { kind: 'in', left, items } : other(left, items as Expression);
  }

  #subQuery(): Expression {
    return { kind: 'query', query: this.#select() };
  }

  #sum(): Expression {
    const parts = [this.#signed()];
    for (;;) {
      const next = this.#cursor.peek();
      const isOperator =
        next !== undefined &&
        (next.kind === 'symbol' || next.kind === 'word') &&
        ARITHMETIC.has(next.text);
      if (!isOperator) break;
      this.#cursor.take();
      parts.push(this.#signed());
    }
    return parts.length === 1 ? (parts[0] as Expression) : other(...parts);
  }

  #signed(): Expression {
    if (this.#cursor.takeOne('+', '~', '!') !== null) return other(this.#primary());
    if (!this.#cursor.takeIf('-')) return this.#primary();
    const inner = this.#primary();
    const isNumber = inner.kind === 'value' && typeof inner.value === 'string';
    return isNumber ? { kind: 'value', value: `-${inner.value}` } : other(inner);
  }

  #primary(): Expression {
    const cursor = this.#cursor;
    const token = cursor.take();
    if (token.kind === 'string' || token.kind === 'number') return constant(token.text);
    if (token.kind === 'placeholder') return { kind: 'value', value: cursor.parameter(token) };
    if (token.kind === 'name') return this.#named(token);
    if (token.kind === 'word') return this.#word(token);
    if (token.text === '*') return { kind: 'star', qualifier: '' };
    if (token.text === '(') return this.#bracketed();
    // `@x` and `@@x`: variables of a session.
    if (token.text === '@') return this.#variable();
    throw new NotUnderstood('expected a value');
  }

  #variable(): Expression {
    this.#cursor.takeIf('@');
    this.#cursor.take();
    while (this.#cursor.takeIf('.')) this.#cursor.take();
    return other();
  }

  #bracketed(): Expression {
    const cursor = this.#cursor;
    if (cursor.isNext('select') || cursor.isNext('with')) {
      const query = this.#subQuery();
      cursor.expect(')');
      return query;
    }
    const parts = this.list();
    cursor.expect(')');
    return parts.length === 1 ? (parts[0] as Expression) : { kind: 'call', name: 'row', parts };
  }

  #word(token: Token): Expression {
    const cursor = this.#cursor;
    if (token.text === 'null' || token.text === 'default') return { kind: 'value', value: null };
    if (CONSTANTS.has(token.text)) return constant(token.text);
    if (BARE_FUNCTIONS.test(token.text)) {
      if (cursor.takeIf('(')) cursor.skipBrackets();
      return { kind: 'call', name: token.text, parts: [] };
    }
    if (token.text === 'case') return this.#cases();
    if (
      token.text === 'exists' ||
      ((token.text === 'any' || token.text === 'all') && cursor.isNext('('))
    ) {
      cursor.expect('(');
      const query = this.#select();
      cursor.expect(')');
      return { kind: token.text === 'exists' ? 'exists' : 'query', query };
    }
    if (cursor.isNext('(')) return this.#call(token.text);
    const isTyped = TYPED.has(token.text) || token.text.startsWith('_');
    const after = cursor.peek()?.kind;
    if (isTyped && (after === 'string' || after === 'placeholder' || after === 'number')) {
      const value = this.#primary();
      const unit = cursor.peek();
      if (unit?.kind === 'word' && UNITS.test(unit.text)) cursor.take();
      return token.text === 'interval' ? other(value) : value;
    }
    if (token.text === 'distinct' || token.text === 'binary') return this.#sum();
    if (RESERVED.has(token.text))
      throw new NotUnderstood(`${token.text} where a value is expected`);
    return this.#named(token);
  }

  #cases(): Expression {
    const cursor = this.#cursor;
    const parts: Expression[] = [];
    if (!cursor.isNext('when')) parts.push(this.expression());
    while (cursor.takeIf('when')) {
      parts.push(this.expression());
      cursor.expect('then');
      parts.push(this.expression());
    }
    if (cursor.takeIf('else')) parts.push(this.expression());
    cursor.expect('end');
    return other(...parts);
  }

  /** A column with what stands before it, all of `t.*`, or a function of a schema. */
  #named(first: Token): Expression {
    const cursor = this.#cursor;
    const names = [first.text];
    while (cursor.takeIf('.')) {
      if (cursor.takeIf('*')) return { kind: 'star', qualifier: names.at(-1) ?? '' };
      names.push(cursor.name());
    }
    if (cursor.isNext('(')) return this.#call((names.at(-1) ?? '').toLowerCase());
    return { kind: 'column', column: names.at(-1) ?? '', qualifier: names.at(-2) ?? '' };
  }

  #call(name: string): Expression {
    const cursor = this.#cursor;
    cursor.expect('(');
    const parts: Expression[] = [];
    // `count(*)` reads no column.
    if (cursor.isNext('*', ')')) cursor.take();
    while (!cursor.takeIf(')')) {
      const word = cursor.takeOne('distinct', 'all', ',', 'separator', 'from', 'for', 'using');
      if (cursor.takeIf('as')) {
        // CAST(x AS type): a type is no value.
        cursor.skipBrackets();
        return parts.length === 1 ? (parts[0] as Expression) : other(...parts);
      }
      if (cursor.takeIf('order', 'by')) parts.push(...this.#ordering());
      else if (cursor.isNext('select')) parts.push(this.#subQuery());
      else if (word === null || !cursor.isNext(')')) parts.push(this.expression());
    }
    if (cursor.takeIf('filter')) {
      cursor.expect('(', 'where');
      parts.push(this.expression());
      cursor.expect(')');
    }
    if (!cursor.takeIf('over')) return { kind: 'call', name, parts };
    if (cursor.takeIf('(')) cursor.skipBrackets();
    else cursor.name();
    // A function over a window gives a value to each row: it sums nothing up.
    return other(...parts);
  }

  #ordering(): Expression[] {
    const parts: Expression[] = [];
    do {
      parts.push(this.expression());
      this.#cursor.takeOne('asc', 'desc');
    } while (this.#cursor.takeIf(','));
    return parts;
  }
}

function other(...parts: readonly Expression[]): Expression {
  return { kind: 'other', parts };
}

function constant(text: string): Expression {
  return { kind: 'value', value: shownValue(text) };
}

/** `(a, b) = (1, 2)` is an equality for each pair. */
function equality(left: Expression, right: Expression): Expression {
  const isRow = left.kind === 'call' && left.name === 'row' && right.kind === 'call';
  if (!isRow || right.name !== 'row' || left.parts.length !== right.parts.length) {
    return { kind: 'equal', left, right };
  }
  return {
    kind: 'and',
    parts: left.parts.map((part, at) => equality(part, right.parts[at] ?? other())),
  };
}
