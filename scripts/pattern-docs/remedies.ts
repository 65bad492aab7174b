import { remediesFor } from '../../src/analysis/issues/remedies.ts';
import type { PairScope, Pattern } from '../../src/domain/findings/finding.ts';

/** Where a variable may live, with one that does. */
const homes: readonly {
  readonly title: string;
  readonly variable: string;
  readonly scope: PairScope;
}[] = [
  { title: 'In a database', variable: 'db:accounts[id=7].balance', scope: 'shared' },
  { title: 'In Redis', variable: 'redis:stock:7', scope: 'shared' },
  { title: 'Over HTTP', variable: 'http:PUT /accounts/7', scope: 'shared' },
  { title: 'In the memory of one process', variable: 'balance', scope: 'process' },
];

/** What the server advises of a pattern, by where its variable lives, as Markdown. */
export function remediesText(pattern: Pattern): string {
  return homes
    .map(({ title, variable, scope }) => {
      const list = remediesFor({ pattern, variable, scope, sites: [] }).map(
        ({ title: what, text, example }) =>
          `* **${what}** ${text}\n\n  \`\`\`text\n  ${example.replaceAll('\n', '\n  ')}\n  \`\`\``,
      );
      return [`### ${title}`, ...list].join('\n\n');
    })
    .join('\n\n');
}
