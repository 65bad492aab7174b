import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';
import { defineConfig, type MarkdownOptions } from 'vitepress';
import { sidebar } from './sidebar.ts';

const siteRoot = fileURLToPath(new URL('..', import.meta.url));
const repositoryRoot = fileURLToPath(new URL('../..', import.meta.url));

const startPage = 'docs/index.md';

/** Files and folders that pages lead to and that are no pages: each goes beside the site as one text. */
const linkedPaths = new Set<string>();

/** The anchors that forges give to headings, so that a link holds in both places. */
function slugify(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\- _]/gu, '')
    .replaceAll(' ', '-');
}

/** Where a link of a page leads in the site. */
function placeInSite(page: string, href: string): string {
  if (/^(?:[a-z]+:|#|\/)/.test(href)) return href;
  const [file = '', anchor] = href.split('#');
  const path = posix.normalize(posix.join(posix.dirname(page), decodeURIComponent(file)));
  const full = join(repositoryRoot, path);
  if (!existsSync(full)) throw new Error(`${page}: ${href} leads nowhere`);
  const readme = join(path, 'README.md');
  if (statSync(full).isDirectory() && existsSync(join(repositoryRoot, readme))) {
    return `/${readme}`;
  }
  if (path === startPage) return '/';
  if (path.endsWith('.md')) return `/${path}${anchor === undefined ? '' : `#${anchor}`}`;
  linkedPaths.add(path);
  return `/files/${path}.txt`;
}

/** A file as it is; of a folder what Git knows of it, each file below its path. */
function textOf(path: string): string {
  const full = join(repositoryRoot, path);
  if (!statSync(full).isDirectory()) return readFileSync(full, 'utf8');
  const names = execFileSync('git', ['ls-files', '--', path], { cwd: repositoryRoot });
  return names
    .toString()
    .trim()
    .split('\n')
    .filter((name) => !name.endsWith('package-lock.json'))
    .map((name) => `=== ${name} ===\n\n${readFileSync(join(repositoryRoot, name), 'utf8')}`)
    .join('\n\n');
}

const configureMarkdown: MarkdownOptions['config'] = (markdown) => {
  markdown.core.ruler.push('raceway-links', ({ tokens, env }) => {
    const page = relative(repositoryRoot, env.realPath ?? env.path);
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const href = token.type === 'link_open' ? token.attrGet('href') : null;
      if (href !== null) token.attrSet('href', placeInSite(page, href));
    }
  });
};

/** Pages lie outside of the folder that the packages are in: what they import is looked for there. */
const packagesForPages: Plugin = {
  name: 'packages-for-pages',
  enforce: 'pre',
  resolveId(source, importer, options) {
    if (importer?.startsWith(siteRoot) !== false || !/^vue(?:\/|$)/.test(source)) return null;
    return this.resolve(source, join(siteRoot, 'package.json'), { ...options, skipSelf: true });
  },
};

export default defineConfig({
  title: 'Raceway',
  description: 'Which requests raced, why, and what made them slow.',
  lang: 'en',
  srcDir: '..',
  srcExclude: ['**/node_modules/**', '{bench,dist,site,src,test,web}/**'],
  outDir: './dist',
  cacheDir: '.vitepress/cache',
  rewrites: { [startPage]: 'index.md' },
  markdown: { anchor: { slugify }, toc: { slugify }, config: configureMarkdown },
  ignoreDeadLinks: [/^\/files\//],
  vite: { plugins: [packagesForPages] },
  themeConfig: {
    outline: [2, 3],
    search: { provider: 'local' },
    sidebar,
    nav: [
      { text: 'Patterns', link: '/docs/patterns/' },
      { text: 'API', link: '/docs/api' },
      { text: 'Glossary', link: '/docs/glossary' },
    ],
  },
  buildEnd({ outDir }) {
    for (const path of linkedPaths) {
      const file = join(outDir, 'files', `${path}.txt`);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, textOf(path));
    }
  },
});
