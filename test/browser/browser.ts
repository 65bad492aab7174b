import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { repositoryRoot } from '../support/repository.ts';

/** Debian's Chromium. */
export const chromiumPath = '/usr/bin/chromium';
const axeSource = readFileSync(
  createRequire(import.meta.url).resolve('axe-core/axe.min.js'),
  'utf8',
);
const screenshots = join(repositoryRoot, 'screenshots');

/** For what a page comes to by itself, on however slow a machine. */
const PATIENCE_MS = 180_000;
const PAUSE_MS = 20;

/** A page under watch. */
export interface WatchedPage {
  readonly page: Page;
  /** Fails when the page broke a rule: its policy, an error, a message of the console. */
  assertQuiet(what: string): void;
  close(): Promise<void>;
}

/** One browser for the tests of a file. */
export class TestBrowser {
  #browser: Browser | null = null;

  constructor() {
    before(async () => {
      // As root, as in CI, Chromium has no sandbox of its own.
      const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
      this.#browser = await chromium.launch({ executablePath: chromiumPath, args });
    });
    after(async () => {
      await this.#browser?.close();
    });
  }

  /** Opens a page in a context of its own. */
  async open(
    options: BrowserContextOptions & { readonly allowed?: RegExp } = {},
  ): Promise<WatchedPage> {
    const { allowed, ...contextOptions } = options;
    assert.ok(this.#browser !== null);
    const context = await this.#browser.newContext(contextOptions);
    await context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        console.error(`CSP: ${event.violatedDirective} ${event.blockedURI}`);
      });
    });
    context.setDefaultTimeout(PATIENCE_MS);
    const page = await context.newPage();
    const faults: string[] = [];
    page.on('console', (message) => {
      const text = message.text();
      if (message.type() !== 'error' && message.type() !== 'warning') return;
      if (allowed?.test(text) !== true) faults.push(text);
    });
    page.on('pageerror', (error) => faults.push(String(error)));
    page.on('dialog', (dialog) => {
      faults.push(`a dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    return {
      page,
      assertQuiet: (what) => assert.deepEqual(faults, [], what),
      close: () => context.close(),
    };
  }
}

/** Resolves when a page has come to show what is expected; it draws a moment after each key. */
export async function shown<Value>(read: () => Promise<Value>, expected: Value): Promise<void> {
  const endMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const value = await read();
    if (value === expected || performance.now() > endMs) {
      assert.equal(value, expected);
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

/** Fails when axe finds something that somebody cannot perceive or use. */
export async function assertAccessible(page: Page, what: string): Promise<void> {
  await page.evaluate(axeSource);
  const found = await page.evaluate(async () => {
    const { axe } = window as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    const { violations } = await axe.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  });
  assert.deepEqual(found, [], what);
}

/** Leaves a picture for people. */
export async function picture(page: Page, name: string): Promise<void> {
  mkdirSync(screenshots, { recursive: true });
  await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true });
}

/** A picture of what is seen at once; where `RACEWAY_PICTURES` names a folder, for the documents. */
export async function documentPicture(page: Page, name: string): Promise<void> {
  const folder = join(repositoryRoot, process.env['RACEWAY_PICTURES'] ?? 'screenshots');
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}
