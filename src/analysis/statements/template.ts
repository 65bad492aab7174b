import type { ColumnValue, ColumnWrite, Effect, Rows, ShownValue } from './effect.ts';
import type { Parameters } from './parameters.ts';
import type { ParameterName } from './sql/placeholders.ts';
import { statementLimits } from './statement-limits.ts';

/** A value that a parameter gives. */
export interface Placeholder {
  /** Its place among the parameters of the template. */
  readonly parameter: number;
  /** The parameter is a list: each of its elements is a value of its own. */
  readonly isList: boolean;
}

/** Values of parameters by their place in the template. */
interface Given {
  readonly value: (at: number) => ShownValue;
  readonly list: (at: number) => readonly ShownValue[] | null;
}

/** A text that is put together from values. */
interface Joined {
  readonly join: readonly TemplateValue[];
}

/** A value in a text, before its parameters are known. */
export type TemplateValue = ShownValue | Placeholder | Joined;

/** What a text does, whichever its parameters are: learnt once for each text. */
export interface Template {
  readonly effects: readonly Effect<TemplateValue>[];
  /** What each placeholder stands for. */
  readonly parameters: readonly ParameterName[];
}

/** The effects of a text with its parameters. */
export function bind(
  { effects, parameters: names }: Template,
  revealed: Parameters,
): readonly Effect[] {
  const parameters: Given = {
    value: (at) => revealed.value(names[at] ?? ''),
    list: (at) => revealed.list(names[at] ?? ''),
  };
  return effects.map((effect): Effect => {
    switch (effect.kind) {
      case 'read':
      case 'delete':
        return { ...effect, rows: boundRows(effect.rows, parameters) };
      case 'write':
        return {
          ...effect,
          rows: boundRows(effect.rows, parameters),
          columns: effect.columns?.map((write) => boundWrite(write, parameters)) ?? null,
        };
      case 'insert':
        return {
          ...effect,
          rows:
            effect.rows?.map((row) => row.map((value) => boundValue(value, parameters))) ?? null,
          updates: effect.updates.map((write) => boundWrite(write, parameters)),
        };
      case 'lock':
      case 'unlock':
        return { ...effect, name: givenValue(effect.name, parameters) };
      default:
        return effect;
    }
  });
}

/** A value with its parameter put in; a list counts as not shown where one value is meant. */
function givenValue(value: TemplateValue, parameters: Given): ShownValue {
  if (value === null || typeof value === 'string') return value;
  if ('join' in value) {
    const parts = value.join.map((part) => givenValue(part, parameters));
    return parts.includes(null) ? null : parts.join('');
  }
  return value.isList ? null : parameters.value(value.parameter);
}

function isList(value: TemplateValue | undefined): value is Placeholder {
  return value != null && typeof value === 'object' && 'isList' in value && value.isList;
}

function boundValue({ column, value }: ColumnValue<TemplateValue>, parameters: Given): ColumnValue {
  return { column, value: givenValue(value, parameters) };
}

function boundWrite(write: ColumnWrite<TemplateValue>, parameters: Given): ColumnWrite {
  return { ...write, value: givenValue(write.value, parameters) };
}

function boundRows(rows: Rows<TemplateValue> | null, parameters: Given): Rows | null {
  if (rows === null) return null;
  const equals: (readonly ColumnValue[])[] = [];
  for (const alternative of rows.equals) {
    const list = alternative.findIndex(({ value }) => isList(value));
    const bound = alternative.map((equality) => boundValue(equality, parameters));
    const elements = list < 0 ? null : elementsOf(alternative[list]?.value, parameters);
    if (elements === null) equals.push(bound);
    else {
      for (const value of elements) {
        equals.push(bound.map((equality, at) => (at === list ? { ...equality, value } : equality)));
      }
    }
    if (equals.length > statementLimits.keys) return null;
  }
  return { equals, conditions: rows.conditions };
}

function elementsOf(
  value: TemplateValue | undefined,
  parameters: Given,
): readonly ShownValue[] | null {
  if (!isList(value)) return null;
  const elements = parameters.list(value.parameter);
  return elements === null || elements.length === 0 ? null : elements;
}
