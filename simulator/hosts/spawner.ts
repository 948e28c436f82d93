import { fork } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { extname } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { HostProcess } from './pipe-process.ts';
import type { ProcessKind, SpawnerReply, SpawnerRequest } from './spawner-messages.ts';

export interface SpawnOptions {
  readonly kind: ProcessKind;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** A process of a host. Emits `exit` when its first process has ended, and `close` when all have and their output was read. */
export interface SpawnedProcess extends HostProcess {
  once(event: 'exit', listener: (code: number | null) => void): unknown;
  once(event: 'close', listener: () => void): unknown;
  /** Ends its whole group. */
  kill(): void;
}

export interface Spawner {
  spawn(program: string, args: readonly string[], options: SpawnOptions): SpawnedProcess;
  /** Gives it up. The last one ends the process that starts all others, and waits until it is gone. */
  stop(): Promise<void>;
}

interface Shared {
  readonly spawner: Spawner;
  readonly isAlive: () => boolean;
  users: number;
}

let shared: Shared | null = null;

/**
 * Starts processes from a small process of its own: to fork one of hundreds of megabytes, as a twin of many nodes is,
 * takes ten milliseconds in which nothing else happens there. All twins of this process share it; it ends with the last.
 */
export function openSpawner(): Spawner {
  if (shared?.isAlive() !== true) shared = startSpawner();
  const own = shared;
  own.users += 1;
  return {
    spawn: own.spawner.spawn,
    stop: async () => {
      own.users -= 1;
      if (own.users > 0) return;
      if (shared === own) shared = null;
      await own.spawner.stop();
    },
  };
}

function startSpawner(): Shared {
  const program = fileURLToPath(new URL(`spawner-program${extname(import.meta.url)}`, import.meta.url));
  // It must not take over what this process was told, such as to write a profile or that a test runner listens.
  const helper = fork(program, [], { serialization: 'advanced', execArgv: ['--disable-warning=ExperimentalWarning'], env: { ...process.env, NODE_OPTIONS: '', NODE_TEST_CONTEXT: '' }, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const exited = new Promise<void>((resolve) => { helper.once('exit', () => { resolve(); }); });
  const running = new Map<number, RemoteProcess>();
  let last = 0;

  const send = (request: SpawnerRequest): void => {
    if (helper.connected) helper.send(request);
  };
  helper.on('error', () => undefined);
  helper.on('message', (reply: SpawnerReply) => {
    const process = running.get(reply.id);
    if (reply.type === 'close') running.delete(reply.id);
    process?.take(reply);
  });
  // Were it killed, so would be the hosts' processes.
  helper.once('disconnect', () => {
    for (const [id, process] of running) process.take({ type: 'close', id, code: null, signal: 'SIGKILL' });
    running.clear();
  });

  const spawner: Spawner = {
    spawn: (path, args, { kind, cwd, env }) => {
      last += 1;
      const process = new RemoteProcess(last, kind, send);
      running.set(last, process);
      if (!helper.connected) setImmediate(() => { process.take({ type: 'close', id: process.id, code: null, signal: 'SIGKILL' }); });
      send({ type: 'start', id: last, program: path, args, cwd, env, kind });
      return process;
    },
    stop: async () => {
      if (helper.connected) helper.disconnect();
      await exited;
    },
  };
  return { spawner, isAlive: () => helper.connected, users: 0 };
}

class RemoteProcess extends EventEmitter implements SpawnedProcess {
  readonly stdin: Writable | null;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  readonly id: number;
  readonly #send: (request: SpawnerRequest) => void;
  #closed = false;

  constructor(id: number, kind: ProcessKind, send: (request: SpawnerRequest) => void) {
    super();
    this.id = id;
    this.#send = send;
    const hasPipes = kind === 'command';
    this.stdin = hasPipes ? this.#input() : null;
    this.stdout = hasPipes ? this.#output() : null;
    this.stderr = hasPipes ? this.#output() : null;
  }

  kill(): void {
    this.#send({ type: 'kill', id: this.id });
  }

  take(reply: SpawnerReply): void {
    switch (reply.type) {
      case 'output': this[reply.stream]?.push(reply.data); break;
      case 'exit': this.emit('exit', reply.code); break;
      case 'close': this.#close(reply.code, reply.signal); break;
    }
  }

  #input(): Writable {
    return new Writable({
      write: (data: Uint8Array, _encoding, done) => {
        this.#send({ type: 'input', id: this.id, data });
        done();
      },
      final: (done) => {
        this.#send({ type: 'input', id: this.id, data: null });
        done();
      },
    });
  }

  #output(): Readable {
    return new Readable({
      read: () => undefined,
      destroy: (error, done) => {
        if (!this.#closed) this.#send({ type: 'leave', id: this.id });
        done(error);
      },
    });
  }

  #close(code: number | null, signal: NodeJS.Signals | null): void {
    this.#closed = true;
    this.stdin?.destroy();
    const open = [this.stdout, this.stderr].filter((stream): stream is Readable => stream !== null && !stream.destroyed);
    let left = open.length;
    const end = (): void => { this.emit('close', code, signal); };
    if (left === 0) end();
    for (const stream of open) {
      stream.once('close', () => {
        left -= 1;
        if (left === 0) end();
      });
      stream.push(null);
    }
  }
}
