import { type Answer, ask, type Target } from './client.ts';
import { pass, type Remark, remark } from './remark.ts';

const SUBJECT = 'OTLP';
const fix =
  'the proxy must hand on /v1/traces, /v1/logs and /v1/metrics with their bodies and types unchanged\n' +
  '(deploy/nginx, deploy/caddy, deploy/traefik)';

/** Sends requests of OTLP that hold nothing, in both formats, as an exporter would. */
export async function checkOtlp(target: Target): Promise<Remark> {
  const json = await exportNothing(target, 'application/json', '{}');
  if (json.status === 401 && target.key === null) {
    return remark('unknown', SUBJECT, 'only seen with a key', 'give one: --key or RACEWAY_API_KEY');
  }
  if (json.status === 403) return pass(SUBJECT, 'requests come through; this key may not write');
  if (!isAnswer(json, 'application/json', '{}')) {
    return remark('fail', SUBJECT, `a request in JSON is answered ${json.status}`, fix);
  }
  const binary = await exportNothing(target, 'application/x-protobuf', '');
  if (!isAnswer(binary, 'application/x-protobuf', '')) {
    return remark('fail', SUBJECT, `a request in protobuf is answered ${binary.status}`, fix);
  }
  return pass(SUBJECT, 'exporters are answered in protobuf and in JSON');
}

function exportNothing(target: Target, type: string, body: string): Promise<Answer> {
  const headers = { 'content-type': type };
  return ask(target, { path: '/v1/traces', method: 'POST', headers, body });
}

/** An exporter reads an answer of another type as a failure. */
function isAnswer({ status, headers, text }: Answer, type: string, body: string): boolean {
  return status === 200 && headers['content-type'] === type && text === body;
}
