/**
 * A value of an attribute. Whole numbers are numbers as far as a double holds them, else bigints;
 * a fraction has a class of its own, for 1 and 1.0 are two values here.
 */
export type AttributeValue =
  | null
  | boolean
  | string
  | number
  | bigint
  | DoubleValue
  | BytesValue
  | readonly AttributeValue[]
  | Attributes;

/** Attributes by name, in the order in which they came; of a repeated name the last value stays. */
export type Attributes = ReadonlyMap<string, AttributeValue>;

export const noAttributes: Attributes = new Map<string, AttributeValue>([]);

/** A floating-point number. */
export class DoubleValue {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/** Bytes, in Base64. */
export class BytesValue {
  readonly base64: string;

  constructor(base64: string) {
    this.base64 = base64;
  }
}

/** A whole number of up to 64 bits in the narrower of the two types that hold it. */
export function integerValue(value: bigint): number | bigint {
  const narrow = Number(value);
  return Number.isSafeInteger(narrow) ? narrow : value;
}

/** The text in an attribute; null when it is no text. */
export function textOf(value: AttributeValue | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

/** The whole number in an attribute, also one that was sent as text; null when it is none. */
export function wholeNumberOf(value: AttributeValue | undefined): number | null {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : null;
}
