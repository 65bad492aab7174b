import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { load } from '../support/config.ts';
import { repositoryRoot } from '../support/repository.ts';

const page = readFileSync(join(repositoryRoot, 'docs/security.md'), 'utf8');

/** The guide that this page grew out of: readers look for its headings. */
const headings = [
  ...['# Security', '## API Key Authentication', '### Enable Authentication'],
  ...['### Generate Strong Keys', '### SDK Configuration', '### HTTP Headers'],
  ...['## CORS Configuration', '### Allow Specific Origins', '### Development Setup'],
  ...['### Wildcard (Not Recommended for Production)', '## Reverse Proxy (HTTPS)'],
  ...['### Production Setup', "### nginx + Let's Encrypt", '### Caddy (Automatic HTTPS)'],
  ...['### Traefik', '## Network Security', '### Bind to Localhost (Recommended)'],
  ...['### Firewall Rules', '## Rate Limiting', '### Application-Level', '### Per-IP (nginx)'],
  ...['## Database Security', '### PostgreSQL', '## Secrets Management'],
  ...['### Environment Variables', '### AWS Secrets Manager', '### Kubernetes Secrets'],
  ...['## Container Security', '### Run as Non-Root', '### Resource Limits'],
  ...['## Security Checklist', '### Deployment', '### Monitoring', '### Maintenance'],
  ...['## Security Best Practices', '### 1. Defense in Depth'],
  ...['### 2. Principle of Least Privilege', '### 3. Regular Updates'],
  ...['### 4. Security Monitoring', '## Compliance', '### Data Protection'],
  ...['## Reporting Security Issues', '## Next Steps'],
];

test('the guide has every heading of the guide before it, in its order', () => {
  const own = page.split('\n').filter((line) => headings.includes(line));
  assert.deepEqual(own, headings);
});

test('every row of its table names a test that there is', () => {
  const rows = [...page.matchAll(/^\| (.+) \| `(test\/[^`]+)` \| (.+) \|$/gm)];
  assert.ok(rows.length >= 50, String(rows.length));
  const missing = rows.filter(([, , file = '', name = '']) => {
    const path = join(repositoryRoot, file);
    return !existsSync(path) || !readFileSync(path, 'utf8').includes(name);
  });
  assert.deepEqual(
    missing.map(([row]) => row),
    [],
  );
});

test('every TOML snippet of the guide, and of the page on signing in, is a sound configuration', () => {
  const environment = {
    RACEWAY_KEY_OF_SDKS: '4f1c0f9a6f7b4d0c9b7e2a5d8c3e6f10',
    DATABASE_PASSWORD: 'p/w',
    RACEWAY_SESSION_SECRET: 's'.repeat(32),
  };
  const signIn = readFileSync(join(repositoryRoot, 'docs/sign-in.md'), 'utf8');
  const snippets = [...(page + signIn).matchAll(/^```toml\n([\s\S]*?)^```$/gm)].map(
    ([, text = '']) => text,
  );
  assert.ok(snippets.length >= 7);
  for (const toml of snippets) {
    // Files of another machine.
    const here = toml.replace(/^\[server\.tls\]\n.*\n.*\n/m, '').replace(/&sslrootcert=[^"]*/, '');
    load({ toml: here, environment });
  }
});
