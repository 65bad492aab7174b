import type { Pattern } from '../../src/domain/findings/finding.ts';
import type { Request, Sdk, Steps, Value, World } from '../support/simulated-services.ts';

/** A service that was invented, with what truly happens in it decided beforehand. */
export interface History {
  readonly name: string;
  /** Every one, unless told. */
  readonly sdks?: readonly Sdk[];
  /** What the default list shows, each with the least evidence. */
  readonly told: readonly string[];
  /** Patterns that it may show as well: what they say is true, and harms nobody. */
  readonly may?: readonly Pattern[];
  readonly play: (world: World, sdk: Sdk) => void;
}

export const number = (value: Value) => Number(value ?? 0);
export const wait = (world: World) => 2 + world.random() * 6;

/** Adds to a variable without any lock. */
export function* add(request: Request, variable: string, world: World): Steps {
  const value = number(request.read(variable));
  yield wait(world);
  request.write(variable, value + 1, value);
}
