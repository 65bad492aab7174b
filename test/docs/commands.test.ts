import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { testApp } from '../support/app.ts';
import { repositoryRoot } from '../support/repository.ts';

interface Step {
  readonly command: string;
  /** The reply that the page shows, or null when it shows none. */
  readonly reply: unknown;
}

/** The curl commands of a page, each with the JSON block that follows it. */
function stepsOf(page: string): Step[] {
  const text = readFileSync(join(repositoryRoot, page), 'utf8');
  const blocks = [...text.matchAll(/^```(sh|json)\n([\s\S]*?)^```$/gm)];
  return blocks.flatMap(([, language, content = ''], at) => {
    if (language !== 'sh' || !content.startsWith('curl ')) return [];
    const [, nextLanguage, next = ''] = blocks[at + 1] ?? [];
    return [{ command: content, reply: nextLanguage === 'json' ? JSON.parse(next) : null }];
  });
}

/** The words of a shell command that only uses plain words and single quotes. */
function wordsOf(command: string): string[] {
  const words = command.matchAll(/'([^']*)'|[^\s']+/g);
  return [...words].map(([plain, quoted]) => quoted ?? plain);
}

/** What curl would send; unknown options are a fault of the page. */
function requestOf(command: string) {
  const request = { method: 'GET', url: '', headers: {} as Record<string, string>, body: '' };
  const words = wordsOf(command).slice(1);
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === '-s') continue;
    if (word === '-X') request.method = words.shift() ?? '';
    else if (word === '-H') {
      const [name = '', value = ''] = (words.shift() ?? '').split(': ');
      request.headers[name] = value;
    } else if (word === '-d') {
      request.method = 'POST';
      request.body = words.shift() ?? '';
    } else {
      assert.match(word, /^http:\/\/127\.0\.0\.1:8080\//);
      request.url = word.replace('http://127.0.0.1:8080', '');
    }
  }
  return { ...request, method: request.method as 'GET' | 'POST' | 'DELETE' };
}

/** What a page shows of a value: members may be left out, items of a list may not. */
function assertShows(actual: unknown, shown: unknown, place: string): void {
  if (shown === null || typeof shown !== 'object') {
    assert.equal(actual, shown, place);
    return;
  }
  assert.ok(typeof actual === 'object' && actual !== null, place);
  if (Array.isArray(shown)) assert.equal((actual as unknown[]).length, shown.length, place);
  for (const [key, value] of Object.entries(shown)) {
    assertShows((actual as Record<string, unknown>)[key], value, `${place}.${key}`);
  }
}

for (const page of ['README.md', 'docs/getting-started.md']) {
  test(`the commands of ${page}, in order, are answered as it says`, async (t) => {
    const { app } = await testApp(t);
    const steps = stepsOf(page);
    assert.ok(steps.length > 1);
    for (const { command, reply } of steps) {
      const answer = await app.inject(requestOf(command));
      assert.equal(answer.statusCode, 200, `${command}\n${answer.body}`);
      if (reply !== null) assertShows(answer.json(), reply, command);
    }
  });
}
