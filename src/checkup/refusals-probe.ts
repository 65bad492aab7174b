import { ask, type Target } from './client.ts';
import { pass, type Remark, remark } from './remark.ts';

const subject = 'Refused batches';
/** One sample of the counter of 429s, on a route that SDKs send to. */
const sample =
  /^raceway_rate_limited_total\{([^}]*route="(?:\/events|\/api\/traces)"[^}]*)\} (\d+)$/gm;

/** Batches that a limit of the server refused: SDKs in Python and Go drop them. */
export async function checkRefusals(target: Target): Promise<Remark> {
  const { status, text } = await ask(target, { path: '/metrics' });
  if (status !== 200) {
    const fix = 'ask again with --key KEY (or RACEWAY_API_KEY), of a key with the scope read';
    return remark('unknown', subject, 'only seen with a key', fix);
  }
  const count = [...text.matchAll(sample)]
    .filter(([, labels = '']) => labels.includes('budget="global"'))
    .reduce((sum, [, , value]) => sum + Number(value), 0);
  if (count === 0) return pass(subject, 'none by the limit of the server since its start');
  const fix = 'server.rate_limit_rpm = 60 × number of SDK processes, or more';
  return remark('warn', subject, `${count} by the limit of the server since its start`, fix);
}
