import { type Pattern, patterns } from '../../src/domain/findings/finding.ts';
import { remediesText } from './remedies.ts';
import { seenRace } from './seen.ts';

const filled = /(<!-- (seen in [a-z0-9 -]+|remedies) -->\n)[\s\S]*?(<!-- end -->)/g;

/** The page of a pattern, with what follows from traffic and code written anew between its marks. */
export async function patternPage(pattern: Pattern, page: string): Promise<string> {
  const blocks = new Map<string, string>();
  for (const [, , mark = ''] of page.matchAll(filled))
    blocks.set(mark, await blockOf(pattern, mark));
  return page.replace(filled, (_, head, mark, end) => `${head}\n${blocks.get(mark)}\n\n${end}`);
}

/** Where the page of a pattern is, from the root of the repository. */
export function pathOf(pattern: Pattern): string {
  return `docs/patterns/${pattern.replaceAll('_', '-')}.md`;
}

export const patternPages = patterns.map((pattern) => ({ pattern, path: pathOf(pattern) }));

async function blockOf(pattern: Pattern, mark: string): Promise<string> {
  if (mark === 'remedies') return remediesText(pattern);
  return `\`\`\`text\n${await seenRace(mark.replace('seen in ', ''), pattern)}\n\`\`\``;
}
