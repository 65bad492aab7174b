import { isLoopback } from '../config/values/network-address.ts';
import { type Answer, ask, type Target } from './client.ts';
import { checkOtlp } from './otlp-probe.ts';
import { checkRefusals } from './refusals-probe.ts';
import { pass, type Remark, remark } from './remark.ts';
import { checkReplica } from './replica-probe.ts';
import { checkRoutes } from './routes-probe.ts';
import { checkTls } from './tls-probe.ts';

/** What is asked beside the server itself; a test has ports of its own for them. */
export interface Surroundings {
  /** Where plain HTTP of the same host is; null: nowhere to be asked. */
  readonly plainUrl: URL | null;
  /** Where Raceway would answer without its proxy; null: nowhere to be asked. */
  readonly directUrl: URL | null;
  /** Size of the largest batch that must come through. */
  readonly bodyBytes: number;
}

/** The largest body that a server takes, unless it is told otherwise. */
const bodyBytesMax = 16 * 1024 * 1024;
const skewSeconds = { warn: 5, fail: 60 };
/** An address that belongs to nobody (RFC 5737), and an origin that cannot exist (RFC 6761). */
const spoofedAddress = '203.0.113.77';
const strangeOrigin = 'https://doctor.invalid';
const strangeHost = 'doctor.invalid';

/**
 * Looks at a server from where its clients are.
 *
 * @throws when nobody answers there
 */
export async function examine(target: Target, around: Surroundings): Promise<Remark[]> {
  const health = await ask(target, { path: '/health', anonymous: true });
  const heardAtMs = Date.now();
  const isEncrypted = target.url.protocol === 'https:';
  return [
    aliveRemark(health),
    ...(isEncrypted ? await checkTls(target, heardAtMs) : [plainRemark(target.url)]),
    ...(isEncrypted ? [hstsRemark(health)] : []),
    ...(await checkRedirect(target, around.plainUrl)),
    ...(await checkDirect(target, around.directUrl)),
    ...(await checkRoutes(target)),
    await checkHostNames(target),
    await checkBodySize(target, around.bodyBytes),
    await checkOtlp(target),
    await checkRefusals(target),
    await checkCors(target),
    await checkAddresses(target),
    ...(await checkReplica(target)),
    skewRemark(health, heardAtMs),
    await checkStream(target),
  ];
}

/** Where to look around a server, from its URL. */
export function surroundingsOf(url: URL): Surroundings {
  const isUsual = url.protocol === 'https:' && url.port === '';
  const bodyBytes = bodyBytesMax;
  if (!isUsual || isLoopback(url.hostname)) return { plainUrl: null, directUrl: null, bodyBytes };
  const at = (port: string) => new URL(`http://${url.hostname}:${port}`);
  return { plainUrl: at('80'), directUrl: at('8080'), bodyBytes };
}

function aliveRemark({ status, text }: Answer): Remark {
  const isRaceway = status === 200 && text.includes('"success":true');
  if (isRaceway) return pass('Server', 'Raceway answers /health');
  const fix = 'look at the log of the proxy, and ask Raceway itself: raceway healthcheck';
  return remark('fail', 'Server', `/health is answered ${status}, and not by Raceway`, fix);
}

function plainRemark({ hostname }: URL): Remark {
  if (isLoopback(hostname)) return pass('TLS', 'none, and the address is of this machine only');
  const fix =
    'put a proxy with a certificate in front (deploy/nginx, deploy/caddy), or set server.tls';
  return remark('fail', 'TLS', 'none: keys and events can be read on their way', fix);
}

function hstsRemark({ headers }: Answer): Remark {
  const value = headers['strict-transport-security'] ?? '';
  const fix = 'nginx: add_header Strict-Transport-Security "max-age=63072000" always;';
  const ages = [...String(value).matchAll(/max-age=(\d+)/gi)];
  if (ages.length === 0) return remark('warn', 'HSTS', 'the header is missing', fix);
  if (ages.length > 1) {
    const once =
      'remove one of them: Raceway sends it when server.tls is set, a proxy adds its own';
    return remark('warn', 'HSTS', 'the header is sent twice', once);
  }
  return Number(ages[0]?.[1]) >= 31_536_000
    ? pass('HSTS', String(value))
    : remark('warn', 'HSTS', `${value} is less than a year`, fix);
}

async function checkRedirect(target: Target, plainUrl: URL | null): Promise<Remark[]> {
  if (plainUrl === null) return [];
  const question = { path: '/events', method: 'POST', body: '{}', at: plainUrl, anonymous: true };
  const answer = await ask(target, question).catch(() => null);
  const subject = 'Redirect';
  const fix = 'nginx: return 308 https://$server_name$request_uri;';
  if (answer === null) {
    const open = 'port 80 is closed; certbot renews through it: sudo ufw allow 80/tcp';
    return [remark('warn', subject, 'plain HTTP does not answer', open)];
  }
  const { status } = answer;
  if (status === 308 || status === 307) return [pass(subject, `${status} keeps POST and its body`)];
  if (status >= 300 && status < 400) {
    return [remark('warn', subject, `${status} turns the POST of an SDK into a GET`, fix)];
  }
  return [
    remark('fail', subject, `plain HTTP is answered ${status} instead of sent to https`, fix),
  ];
}

async function checkDirect(target: Target, directUrl: URL | null): Promise<Remark[]> {
  if (directUrl === null) return [];
  const question = { path: '/health', at: directUrl, anonymous: true };
  const answer = await ask(target, question).catch(() => null);
  const subject = 'Firewall';
  if (answer === null) return [pass(subject, `port ${directUrl.port} is closed from here`)];
  const fix =
    'bind to loopback (server.host = "127.0.0.1"; docker: --publish 127.0.0.1:8080:8080), and close\n' +
    'the port: deploy/firewall';
  return [remark('fail', subject, `port ${directUrl.port} answers past the proxy`, fix)];
}

/** The list is empty, so that nothing is stored; the rest of the body fills it up. */
async function checkBodySize(target: Target, bytes: number): Promise<Remark> {
  const frame = '{"events":[],"filler":""}';
  const body = `${frame.slice(0, -2)}${'x'.repeat(bytes - frame.length)}"}`;
  const headers = { 'content-type': 'application/json' };
  const question = { path: '/events', method: 'POST', headers, body };
  const answer = await ask(target, question).catch(() => null);
  const subject = 'Body size';
  const fix = 'nginx: client_max_body_size 17m; (server.max_body_bytes is 16 MiB unless changed)';
  if (answer === null) return remark('fail', subject, 'a batch of 16 MiB is cut off', fix);
  if (answer.status === 200 || answer.status === 401) {
    return pass(subject, 'a batch of 16 MiB comes through');
  }
  if (answer.status === 403) return pass(subject, '16 MiB come through; this key may not write');
  return remark('fail', subject, `a batch of 16 MiB is answered ${answer.status}`, fix);
}

/** A web page whose name was made to lead here would ask in this way. */
async function checkHostNames(target: Target): Promise<Remark> {
  const subject = 'Host names';
  const question = { path: '/api/traces?page_size=1', anonymous: true };
  const fix =
    'set server.public_url to the URL that people and services use, or server.allowed_hosts';
  const own = await ask(target, question);
  if (own.status === 421) {
    return remark('fail', subject, `${target.url.hostname} is answered 421`, fix);
  }
  const strange = await ask(target, { ...question, headers: { host: strangeHost } }).catch(
    () => null,
  );
  if (strange === null || strange.status !== 200) {
    return pass(subject, 'a foreign name gets no data without a key');
  }
  const open =
    'Raceway answers 421 to foreign names by itself: update it, let the proxy hand on the Host header\n' +
    '(nginx: proxy_set_header Host $host;), or set server.api_keys';
  return remark('fail', subject, 'a foreign name is answered without a key (DNS rebinding)', open);
}

async function checkCors(target: Target): Promise<Remark> {
  const headers = {
    origin: strangeOrigin,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization',
  };
  const preflight = await ask(target, {
    path: '/events',
    method: 'OPTIONS',
    headers,
    anonymous: true,
  });
  const plain = await ask(target, { path: '/health', headers: { origin: strangeOrigin } });
  const allowed = [preflight, plain].map((one) => one.headers['access-control-allow-origin']);
  if (allowed.every((origin) => origin !== '*' && origin !== strangeOrigin)) {
    return pass('CORS', 'a page of a strange origin is not let in');
  }
  const fix =
    'name the origins of your own pages: server.cors_origins = ["https://app.company.com"]; and no\n' +
    'add_header Access-Control-Allow-Origin * in the proxy';
  return remark('fail', 'CORS', 'every web page may call this server', fix);
}

/** `/status` says how the server sees the one who asks. */
async function checkAddresses(target: Target): Promise<Remark> {
  const subject = 'Client addresses';
  const headers = { 'x-forwarded-for': spoofedAddress };
  const { status, text } = await ask(target, { path: '/status', headers });
  const seen = status === 200 ? /"client_address":"([^"]+)"/.exec(text)?.[1] : undefined;
  if (seen === undefined) {
    const fix = 'ask again with --key KEY (or RACEWAY_API_KEY), of a key with the scope read';
    return remark('unknown', subject, 'only seen with a key', fix);
  }
  if (seen === spoofedAddress && isLoopback(target.url.hostname)) {
    const detail = 'this machine may name other addresses, as its proxy must';
    return remark('outside', subject, detail, 'ask again from another machine');
  }
  if (seen === spoofedAddress) {
    const fix =
      'nginx: proxy_set_header X-Forwarded-For $remote_addr; and list in server.trusted_proxies only\n' +
      'the addresses of proxies, not of clients';
    return remark('fail', subject, 'whoever asks can choose the address the server sees', fix);
  }
  if (isPrivate(seen) && !isPrivate(target.url.hostname) && !isLoopback(target.url.hostname)) {
    const fix = `if ${seen} is your proxy: server.trusted_proxies = ["${seen}"]`;
    return remark(
      'warn',
      subject,
      `the server sees ${seen}, likely the proxy, not the client`,
      fix,
    );
  }
  return pass(subject, `the server sees ${seen}; a spoofed one is ignored`);
}

function isPrivate(address: string): boolean {
  return (
    isLoopback(address) ||
    /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|f[cd][0-9a-f]{2}:)/i.test(address)
  );
}

function skewRemark({ headers }: Answer, nowMs: number): Remark {
  const subject = 'Clock';
  const serverMs = Date.parse(headers.date ?? '');
  const fix = 'set both clocks by NTP: timedatectl set-ntp true';
  if (Number.isNaN(serverMs)) return remark('unknown', subject, 'no Date header', fix);
  // The header has whole seconds.
  const seconds = Math.max(0, Math.abs(nowMs - serverMs) / 1000 - 1);
  const detail = `the server's differs from this machine's by ${Math.round(seconds)} s`;
  if (seconds < skewSeconds.warn) return pass(subject, detail);
  return remark(seconds < skewSeconds.fail ? 'warn' : 'fail', subject, detail, fix);
}

/** A stream of events ends in a line that says so; behind some proxies a cut one looks whole. */
async function checkStream(target: Target): Promise<Remark> {
  const subject = 'Event stream';
  const fix = 'nginx: proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off;';
  const list = await ask(target, { path: '/api/traces?page_size=20' });
  const traceId = list.status === 200 ? smallestTrace(list.text) : null;
  if (traceId === null) {
    const detail = list.status === 200 ? 'there is no trace yet' : 'only seen with a key';
    return remark('unknown', subject, detail, 'ask again with --key KEY when there are traces');
  }
  const path = `/api/traces/${encodeURIComponent(traceId)}/events`;
  const stream = await ask(target, { path, headers: { accept: 'application/x-ndjson' } });
  const last = stream.text.trimEnd().split('\n').at(-1) ?? '';
  if (stream.status === 200 && stream.isWhole && last.startsWith('{"complete":true')) {
    return pass(subject, 'arrives whole, with its last line');
  }
  return remark('fail', subject, 'is cut before its last line', fix);
}

function smallestTrace(text: string): string | null {
  try {
    const { data } = JSON.parse(text) as { data: { traces: ListedTrace[] } };
    const [smallest] = data.traces.sort((one, other) => one.event_count - other.event_count);
    return smallest?.trace_id ?? null;
  } catch {
    return null;
  }
}

interface ListedTrace {
  readonly trace_id: string;
  readonly event_count: number;
}
