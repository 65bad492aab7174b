import { commentText, javascriptText, shellWord } from './script-text.ts';

/** A request as the trace has it: what was redacted stays so. */
export interface SentRequest {
  readonly method: string;
  /** Path and query, from the slash on. */
  readonly path: string;
  /** JSON or text as it was sent; null: none, or none was recorded. */
  readonly body: string | null;
}

/** How often both are sent when nobody says otherwise. */
const roundsByDefault = 20;

/** A shell script that sends two requests at once, again and again. */
export function curlScript(title: string, one: SentRequest, other: SentRequest): string {
  return `${[
    '#!/usr/bin/env bash',
    `# ${commentText(title)}`,
    '# Sends two requests at once, ROUNDS times, to the service at TARGET. AUTHORIZATION is sent along.',
    'set -euo pipefail',
    `: "\${TARGET:?name the service, as in TARGET=http://127.0.0.1:3000}"`,
    `rounds="\${ROUNDS:-${roundsByDefault}}"`,
    'send() {',
    '  curl -sS -o /dev/null -w "%{http_code} " \\',
    `    \${AUTHORIZATION:+-H "authorization: $AUTHORIZATION"} "$@" || true`,
    '}',
    'for ((round = 1; round <= rounds; round += 1)); do',
    `  printf '%s: ' "$round"`,
    `  ${curlCall(one)} &`,
    `  ${curlCall(other)} &`,
    '  wait',
    '  echo',
    'done',
    'echo "Now look at what is stored: it should be what the requests do one after the other."',
  ].join('\n')}\n`;
}

function curlCall({ method, path, body }: SentRequest): string {
  const data =
    body === null ? '' : ` -H 'content-type: application/json' --data-binary ${shellWord(body)}`;
  return `send -X ${shellWord(method)} --path-as-is "$TARGET"${shellWord(path)}${data}`;
}

/** The same for Node, with a barrier: no request is sent before both have a connection. */
export function fetchScript(title: string, one: SentRequest, other: SentRequest): string {
  return `${[
    `// ${commentText(title)}`,
    '// TARGET=http://127.0.0.1:3000 ROUNDS=20 node FILE.mjs; AUTHORIZATION is sent along.',
    `import http from 'node:http';`,
    `import https from 'node:https';`,
    `import { env } from 'node:process';`,
    '',
    'const { TARGET, AUTHORIZATION, ROUNDS } = env;',
    `const rounds = Number(ROUNDS ?? ${roundsByDefault});`,
    `if (TARGET === undefined) throw new Error('name the service, as in TARGET=http://127.0.0.1:3000');`,
    `const { request } = TARGET.startsWith('https:') ? https : http;`,
    '',
    `const both = [${requestText(one)}, ${requestText(other)}];`,
    '',
    '/** Connects, and gives what sends the request and waits for the answer. */',
    'function prepared({ method, path, body }) {',
    '  return new Promise((resolve, reject) => {',
    '    const headers = {',
    `      ...(body === null ? {} : { 'content-type': 'application/json' }),`,
    '      ...(AUTHORIZATION === undefined ? {} : { authorization: AUTHORIZATION }),',
    '    };',
    '    const sent = request(TARGET, { method, path: prefix + path, headers, agent: false });',
    '    const answered = new Promise((settle, fail) => {',
    `      sent.on('response', (answer) => answer.resume().on('end', () => settle(answer.statusCode)));`,
    `      sent.on('error', fail);`,
    '    });',
    '    answered.catch(reject);',
    `    sent.on('socket', (socket) => {`,
    `      const go = () => resolve(() => (sent.end(body ?? undefined), answered));`,
    `      socket.connecting ? socket.once(TARGET.startsWith('https:') ? 'secureConnect' : 'connect', go) : go();`,
    '    });',
    '  });',
    '}',
    '',
    `const prefix = new URL(TARGET).pathname.replace(/\\/$/, '');`,
    'for (let round = 1; round <= rounds; round += 1) {',
    '  const ready = await Promise.all(both.map(prepared));',
    '  const statuses = await Promise.all(ready.map((send) => send()));',
    `  console.log(\`\${round}: \${statuses.join(' ')}\`);`,
    '}',
    `console.log('Now look at what is stored: it should be what the requests do one after the other.');`,
  ].join('\n')}\n`;
}

function requestText({ method, path, body }: SentRequest): string {
  const text = body === null ? 'null' : javascriptText(body);
  return `{ method: ${javascriptText(method)}, path: ${javascriptText(path)}, body: ${text} }`;
}
