import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { createSecureServer } from 'node:http2';
import type { Http2ServerRequest } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { generate } from 'selfsigned';
import type { HttpRequest } from './api.ts';
import { outgoingOf } from './outgoing.ts';
import type { Outgoing } from './outgoing.ts';
import { Refused, notAcceptable, statusBody } from './status.ts';
import type { Reply } from './request.ts';

export interface HttpServer {
  readonly port: number;
  readonly kubeconfig: string;
  readonly connections: { readonly opened: number; readonly open: number };
  cutConnections(): void;
  stop(): Promise<void>;
}

/** Takes a request whose credentials are good. Null where it has the response in hand. */
export type Handler = (request: HttpRequest, response: Outgoing) => Promise<Reply | null>;

const ACCEPTED = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf', 'application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch'];

/** HTTPS on 127.0.0.1, as HTTP/2 where the client speaks it, with a certificate made for it; who holds the kubeconfig's token gets in. */
export async function startHttpServer(name: string, port: number, handler: Handler): Promise<HttpServer> {
  const token = randomBytes(24).toString('hex');
  const certificate = await generate([{ name: 'commonName', value: 'kube-apiserver' }], {
    keyType: 'ec', algorithm: 'sha256',
    extensions: [{ name: 'basicConstraints', cA: true }, { name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }, { type: 7, ip: '127.0.0.1' }] }],
  });
  const sockets = new Set<Socket>();
  let opened = 0;

  async function serve(request: IncomingMessage | Http2ServerRequest, response: Outgoing): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
    const { pathname, searchParams } = new URL(request.url ?? '/', 'https://twin');
    const read: HttpRequest = {
      method: request.method ?? 'GET', path: pathname, query: searchParams, text: Buffer.concat(chunks).toString(),
      contentType: request.headers['content-type'] ?? '', userAgent: request.headers['user-agent'] ?? '',
    };
    try {
      requireCredentials(request, token);
      requireAcceptable(request);
      const reply = await handler(read, response);
      if (reply !== null) send(response, reply);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const { refusal } = error;
      send(response, { status: refusal.code, body: statusBody(refusal), ...(refusal.retryAfter === undefined ? {} : { headers: { 'Retry-After': String(refusal.retryAfter) } }) });
    }
  }

  const server = createSecureServer({ key: certificate.private, cert: certificate.cert, allowHTTP1: true }, (request, answer) => {
    const response = outgoingOf(answer);
    serve(request, response).catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      if (response.headersSent) response.abort();
      else send(response, { status: 500, body: statusBody({ code: 500, reason: 'InternalError', message: `Internal error occurred: ${message}`, details: { causes: [{ message }] } }) });
    });
  });
  server.on('connection', (socket: Socket) => {
    opened += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  });
  server.on('tlsClientError', (_: Error, socket: Socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  const actual = isAddress(address) ? address.port : port;

  return {
    port: actual,
    kubeconfig: kubeconfigText(name, actual, certificate.cert, token),
    connections: {
      get opened() {
        return opened;
      },
      get open() {
        return sockets.size;
      },
    },
    cutConnections: () => {
      for (const socket of sockets) socket.destroy();
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function isAddress(address: AddressInfo | string | null): address is AddressInfo {
  return typeof address === 'object' && address !== null;
}

function requireCredentials({ headers }: IncomingMessage | Http2ServerRequest, token: string): void {
  if (headers.authorization === `Bearer ${token}`) return;
  throw new Refused({ code: 401, reason: 'Unauthorized', message: 'Unauthorized' });
}

function requireAcceptable({ headers, url = '' }: IncomingMessage | Http2ServerRequest): void {
  const accept = headers.accept ?? '*/*';
  if (!/^\/apis?\//.test(url) || accept.split(',').some((part) => /^\s*(\*\/\*|application\/(\*|json))/.test(part))) return;
  throw notAcceptable(ACCEPTED);
}

function send(response: Outgoing, { status, body, headers }: Reply): void {
  if (response.isClosed) return;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response.head(status, { 'Content-Type': typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json', 'Content-Length': Buffer.byteLength(text), ...headers });
  response.end(text);
}

function kubeconfigText(name: string, port: number, certificate: string, token: string): string {
  return JSON.stringify({
    apiVersion: 'v1', kind: 'Config', 'current-context': name,
    clusters: [{ name, cluster: { server: `https://127.0.0.1:${port}`, 'certificate-authority-data': Buffer.from(certificate).toString('base64') } }],
    users: [{ name: 'twin-admin', user: { token } }],
    contexts: [{ name, context: { cluster: name, user: 'twin-admin' } }],
  }, null, 2);
}
