import { type IncomingHttpHeaders, request as plainRequest, type RequestOptions } from 'node:http';
import { request as encryptedRequest } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';

/** How long a server may take to answer one question. */
const answerMsMax = 15_000;
/** Of a longer answer only the end is kept. */
const textCharactersMax = 4 * 1024 * 1024;
/** How often a 429 is waited for, and how long at most. */
const patience = 4;
const waitSecondsMax = 61;

/** The server that is asked, as clients reach it. */
export interface Target {
  readonly url: URL;
  readonly key: string | null;
  /** A root certificate beside those of Node, as PEM. */
  readonly ca: string | null;
}

export interface Question {
  readonly path: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Leaves the key out. */
  readonly anonymous?: boolean;
  /** Another server, for example behind the proxy. */
  readonly at?: URL;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The stream ended in order. */
  readonly isWhole: boolean;
}

/** Asks, and waits when the server or its proxy says to come later. Rejects when nobody answers. */
export async function ask(target: Target, question: Question): Promise<Answer> {
  for (let left = patience; ; left -= 1) {
    const answer = await askOnce(target, question);
    const seconds = Number(answer.headers['retry-after'] ?? 1);
    if (answer.status !== 429 || left === 0 || !(seconds <= waitSecondsMax)) return answer;
    await pause(1000 * Math.max(seconds, 0.1));
  }
}

function askOnce(target: Target, question: Question): Promise<Answer> {
  const { key } = target;
  const url = new URL(question.at ?? target.url);
  // A base with a path, as of a proxy that serves several programs, stays in front.
  const path = url.pathname.replace(/\/$/, '') + question.path;
  const authorization =
    question.anonymous === true || key === null ? {} : { authorization: `Bearer ${key}` };
  const options: RequestOptions = {
    hostname: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    ...(url.port === '' ? {} : { port: url.port }),
    path,
    method: question.method ?? 'GET',
    headers: { 'user-agent': 'raceway-doctor', ...authorization, ...question.headers },
    agent: false,
    timeout: answerMsMax,
  };
  // Whether its certificate is good is a remark of its own, and no reason to look no further.
  const send = url.protocol === 'https:' ? encryptedRequest : plainRequest;
  return new Promise((resolve, reject) => {
    const request = send({ ...options, rejectUnauthorized: false }, (response) => {
      let text = '';
      const done = () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text,
          isWhole: response.complete,
        });
      response.setEncoding('utf8').on('data', (part: string) => {
        text = (text + part).slice(-textCharactersMax);
      });
      response.on('end', done).on('error', done).on('close', done);
    });
    request.on('timeout', () => request.destroy(new Error('no answer in time')));
    request.on('error', reject);
    request.end(question.body);
  });
}
