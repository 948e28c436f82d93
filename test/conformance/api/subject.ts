import { Agent, request as send } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import type { Body, WatchLine } from './body.ts';

/** An answer of an API server. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Parsed; without fields where the server answered in plain text. */
  readonly body: Body;
  readonly text: string;
}

export interface Ask {
  readonly body?: unknown;
  /** Default `application/json`. */
  readonly type?: string;
  readonly accept?: string;
  /** Null leaves the credentials out. */
  readonly token?: null;
}

/** An API server under test: the twin's or a real one. */
export interface Subject {
  ask(method: string, path: string, ask?: Ask): Promise<Answer>;
  /** Lines of a watch until there are `count` of them (bookmarks aside), or it ends. */
  watch(path: string, count: number, during?: () => Promise<void>): Promise<readonly WatchLine[]>;
  close(): void;
}

/** How long a watch is waited for at most. */
const WATCH_MS = 20_000;

/** Opens the API that a kubeconfig leads to. */
export async function openSubject(kubeconfig: string): Promise<Subject> {
  const config = new KubeConfig();
  config.loadFromString(kubeconfig);
  const cluster = config.getCurrentCluster();
  const user = config.getCurrentUser();
  if (cluster === null || user === null) throw new Error('the kubeconfig has no current context');
  const agent = new Agent({
    keepAlive: true, rejectUnauthorized: cluster.skipTLSVerify !== true,
    ...(cluster.caData === undefined ? {} : { ca: Buffer.from(cluster.caData, 'base64') }),
    ...(user.certData === undefined ? {} : { cert: Buffer.from(user.certData, 'base64') }),
    ...(user.keyData === undefined ? {} : { key: Buffer.from(user.keyData, 'base64') }),
  });
  const authorization = user.token === undefined ? {} : { Authorization: `Bearer ${user.token}` };

  function open(method: string, path: string, ask: Ask): ReturnType<typeof send> {
    const text = ask.body === undefined ? undefined : typeof ask.body === 'string' ? ask.body : JSON.stringify(ask.body);
    const request = send(`${cluster?.server ?? ''}${path}`, {
      method, agent: ask.token === null ? new Agent({ rejectUnauthorized: false, maxSockets: 1 }) : agent,
      headers: {
        Accept: ask.accept ?? 'application/json', 'User-Agent': 'conformance', ...(ask.token === null ? {} : authorization),
        ...(text === undefined ? {} : { 'Content-Type': ask.type ?? 'application/json', 'Content-Length': Buffer.byteLength(text) }),
      },
    });
    request.end(text);
    return request;
  }

  function ask(method: string, path: string, options: Ask = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const request = open(method, path, options);
      // A server may end an idle connection at the very moment at which it is used again.
      request.on('error', (error) => {
        if (request.reusedSocket) void ask(method, path, options).then(resolve, reject);
        else reject(error);
      });
      request.on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: parsed(text), text });
        });
      });
    });
  }

  function watch(path: string, count: number, during?: () => Promise<void>): Promise<readonly WatchLine[]> {
    return new Promise((resolve, reject) => {
      const lines: WatchLine[] = [];
      let rest = '';
      const request = open('GET', path, {});
      const timer = setTimeout(finish, WATCH_MS);
      function finish(): void {
        clearTimeout(timer);
        request.destroy();
        resolve(lines);
      }
      request.on('error', (error) => (lines.length >= count ? finish() : reject(error)));
      request.on('response', (response) => {
        if (during !== undefined) during().catch(reject);
        response.on('error', () => undefined);
        response.on('data', (chunk: Buffer) => {
          rest += chunk.toString();
          const complete = rest.split('\n');
          rest = complete.pop() ?? '';
          lines.push(...complete.filter((line) => line !== '').map(parsedLine).filter((line) => line.type !== 'BOOKMARK'));
          if (lines.length >= count) finish();
        });
        response.on('end', finish);
      });
    });
  }

  return { ask, watch, close: () => agent.destroy() };
}

function parsed(text: string): Body {
  try {
    const body: Body = JSON.parse(text);
    return body;
  } catch {
    const none: Body = JSON.parse('{}');
    return none;
  }
}

function parsedLine(text: string): WatchLine {
  const line: WatchLine = JSON.parse(text);
  return line;
}
