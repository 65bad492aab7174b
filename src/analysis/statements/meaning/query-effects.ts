import type { Effect } from '../effect.ts';
import type { TemplateValue } from '../template.ts';
import { queriesIn } from './expressions.ts';
import type { Expression, Query } from './query.ts';
import { readEffects } from './read-effects.ts';
import { deleteEffects, insertEffect, mergeEffects, updateEffects } from './write-effects.ts';

/** A query, and the names that stand for queries where it is. */
interface Open {
  readonly query: Query;
  readonly hidden: ReadonlySet<string>;
}

/** What a query does: first the queries that it names, then those inside of it, then itself. */
export function queryEffects(query: Query): readonly Effect<TemplateValue>[] {
  const effects: Effect<TemplateValue>[] = [];
  for (const part of inOrder(query)) ownEffects(part, effects);
  return effects;
}

/** Queries with names before those that use them. */
function inOrder(query: Query): readonly Open[] {
  const open: Open[] = [{ query, hidden: new Set() }];
  const found: Open[] = [];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const named = next.query.kind === 'control' ? [] : next.query.named;
    const hidden = new Set([...next.hidden, ...named.map(({ name }) => name)]);
    found.push({ query: next.query, hidden });
    // What only reads is looked at together with what it is in.
    const isSelect = next.query.kind === 'select';
    for (const { query: part } of named) {
      if (!isSelect || part.kind !== 'select') open.push({ query: part, hidden });
    }
  }
  return found.reverse();
}

function ownEffects({ query, hidden }: Open, effects: Effect<TemplateValue>[]): void {
  switch (query.kind) {
    case 'control':
      effects.push(...query.effects);
      return;
    case 'select':
      readEffects(query, hidden, false, effects);
      return;
    case 'insert': {
      readInside(query.rows.flat(), hidden, effects);
      if (query.query !== null) readEffects(query.query, hidden, false, effects);
      const effect = insertEffect(query);
      if (effect !== null) effects.push(effect);
      return;
    }
    case 'update': {
      const values = query.assignments.map(({ value }) => value);
      readSources(query.from, hidden, effects);
      readInside([...values, ...query.where], hidden, effects);
      effects.push(...updateEffects(query, hidden));
      return;
    }
    case 'delete':
      readSources(query.from, hidden, effects);
      readInside(query.where, hidden, effects);
      effects.push(...deleteEffects(query, hidden));
      return;
    case 'merge':
      readSources(query.from, hidden, effects);
      readInside(query.on, hidden, effects);
      effects.push(...mergeEffects(query, hidden));
  }
}

function readSources(
  sources: readonly { readonly query: Extract<Query, { kind: 'select' }> | null }[],
  hidden: ReadonlySet<string>,
  effects: Effect<TemplateValue>[],
): void {
  for (const { query } of sources) {
    if (query !== null) readEffects(query, hidden, false, effects);
  }
}

function readInside(
  expressions: readonly Expression[],
  hidden: ReadonlySet<string>,
  effects: Effect<TemplateValue>[],
): void {
  for (const { query, isExists } of queriesIn(expressions)) {
    readEffects(query, hidden, isExists, effects);
  }
}
