import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { basename } from 'node:path';
import type { Machine } from './machine.ts';
import { DRY_RUN_DIR } from './tools/kubeadm-init.ts';
import { sendTogether } from './send-together.ts';
import { Gone } from './tools/call.ts';
import type { Tool } from './tools/call.ts';

/** The one of the package bash-static starts in two thirds of the time, and nothing of a twin starts more often. */
const BASH = existsSync('/bin/bash-static') ? '/bin/bash-static' : '/bin/bash';

/**
 * The program behind every tool of the twin: it tells the twin by what name, where and how it was called, prints what the
 * answer says and ends as it says. No process is started for that. An answer is made of lines `out BYTES` and `err BYTES`, each
 * with so much text behind it, and `exit CODE`; one that breaks off is a program that was killed.
 */
export const TOOL_PROGRAM = `#!${BASH}
exec 3<> "/dev/tcp/127.0.0.1/$TWIN_PORT" || exit 137
input=
if [ "\${0##*/}" = cpio ]; then read -r input; fi
set -- "$@" \${input:+"$input"} \${KUBEADM_INIT_DRYRUN_DIR:+"${DRY_RUN_DIR}=$KUBEADM_INIT_DRYRUN_DIR"}
printf '%s\\0' "$#" "$TWIN_KEY" "$TWIN_NODE" "$TWIN_UNIT" "$$" "$0" "$PWD" "$@" >&3
LC_ALL=C
while read -r -u 3 mark number; do
  if [ "$mark" = exit ]; then exit "$number"; fi
  IFS= read -r -N "$number" -u 3 text
  if [ "$mark" = out ]; then printf '%s' "$text"; else printf '%s' "$text" >&2; fi
done
exit 137
`;

/** What one call says about itself before its arguments. */
const FIELDS = 7;

export interface ToolServer {
  readonly port: number;
  stop(): Promise<void>;
}

export interface ToolServerOptions {
  /** Calls without it are not answered: the port is open to all of this machine. */
  readonly key: string;
  readonly tools: Readonly<Record<string, Tool>>;
  readonly machineOf: (name: string) => Machine | undefined;
  readonly onKill: (machine: Machine, unit: string) => void;
  readonly onCut: (machine: Machine) => void;
  readonly onReboot: (machine: Machine, downMs: number) => void;
}

export async function startToolServer(options: ToolServerOptions): Promise<ToolServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    sendTogether(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
    let received = Buffer.alloc(0);
    let called = false;
    socket.on('data', (chunk: Buffer) => {
      if (called) return;
      received = Buffer.concat([received, chunk]);
      const words = wordsOf(received);
      if (words === null) return;
      called = true;
      void answer(options, words, socket);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: portOf(server.address()),
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => { server.close(resolve); });
    },
  };
}

/** Null until all has come. */
function wordsOf(received: Buffer): readonly string[] | null {
  const words = received.toString('utf8').split('\0');
  const count = Number(words[0]);
  return words.length - 1 < FIELDS + count ? null : words.slice(0, FIELDS + count);
}

async function answer(options: ToolServerOptions, words: readonly string[], socket: Socket): Promise<void> {
  const [, key, node = '', unit = '', , program = '', folder = '', ...args] = words;
  const machine = options.machineOf(node);
  // Its processes are being killed: nothing that they still call takes effect.
  if (machine?.isDown === true) return;
  const name = basename(program);
  const tool = options.tools[name];
  if (key !== options.key || machine === undefined) {
    socket.destroy();
    return;
  }
  const gone = new AbortController();
  const leave = (): void => { gone.abort(); };
  socket.once('close', leave);
  const { write, flush } = framed(socket);
  try {
    const code = tool === undefined ? 127 : await tool({
      machine, program, args, folder, signal: gone.signal,
      kill: () => { options.onKill(machine, unit); },
      cut: () => { options.onCut(machine); },
      reboot: (downMs) => { options.onReboot(machine, downMs); },
      out: (text) => { write('out', text); },
      err: (text) => { write('err', text); },
    });
    flush();
    socket.end(`exit ${String(code)}\n`);
  } catch (error) {
    // Killed together with all that it belongs to; a script must not get as far as to its trap.
    if (error instanceof Gone) return;
    write('err', `the twin failed in ${name}: ${error instanceof Error ? error.message : String(error)}`);
    flush();
    socket.destroy();
  } finally {
    socket.off('close', leave);
  }
}

type Mark = 'out' | 'err';

/** Lines for the tool's program: those of one turn and one output go together, since it reads a frame at once and its head byte by byte. */
function framed(socket: Socket): { write(mark: Mark, line: string): void; flush(): void } {
  let mark: Mark = 'out';
  let text = '';
  const flush = (): void => {
    if (text !== '' && !socket.destroyed) socket.write(`${mark} ${String(Buffer.byteLength(text))}\n${text}`);
    text = '';
  };
  return {
    write: (to, line) => {
      if (to !== mark) flush();
      if (text === '') setImmediate(flush);
      mark = to;
      text += `${line}\n`;
    },
    flush,
  };
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('no TCP port');
  return address.port;
}
