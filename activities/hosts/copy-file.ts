import { createHash } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import type { Client } from 'ssh2';
import { stepError } from '../step-error.ts';
import { receiveFileScript, sendFileScript } from './durable/scripts.ts';
import { wordsAfter } from './durable/statement.ts';
import { unreachable } from './host-failures.ts';
import type { LocalFile, RunOptions } from './port.ts';
import { runAsRoot, sendAsRoot } from './run-as-root.ts';
import type { RootAccess } from './run-as-root.ts';

/**
 * Copies a host's file here, mode 0600 in folders of mode 0700, and compares its SHA-256 with the host's own.
 *
 * @throws FileMissing where the host has no such file; HostUnreachable where the copy is not the whole file
 */
export async function downloadFile(client: Client, access: RootAccess, remotePath: string, localPath: string, options: RunOptions = {}): Promise<{ readonly sha256: string; readonly bytes: number }> {
  const partial = `${localPath}.partial-${String(process.pid)}`;
  await mkdir(dirname(localPath), { recursive: true, mode: 0o700 });
  const file = await open(partial, 'w', 0o600);
  try {
    const copied = await receive(client, access, remotePath, (chunk) => file.appendFile(chunk), options);
    await file.sync();
    await file.close();
    await rename(partial, localPath);
    return copied;
  } catch (error) {
    await file.close();
    await rm(partial, { force: true });
    throw error;
  }
}

async function receive(client: Client, access: RootAccess, remotePath: string, write: (chunk: Buffer) => Promise<unknown>, options: RunOptions): Promise<{ readonly sha256: string; readonly bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  const result = await runAsRoot(client, access, {
    title: ['capstan', 'download'],
    text: sendFileScript,
    args: [remotePath],
    onOutput: async (chunk) => {
      hash.update(chunk);
      bytes += chunk.length;
      await write(chunk);
    },
    keepBytes: 8192,
    signal: options.signal,
  });
  const words = wordsAfter('file', result.stderr);
  if (words?.[0] === 'absent') throw stepError('FileMissing', `${access.label}: there is no file ${remotePath}.`);
  const sha256 = hash.digest('hex');
  if (result.exitCode === 0 && words?.[0] === String(bytes) && words[1] === sha256) return { sha256, bytes };
  throw unreachable(access.label, `${remotePath} was not copied whole: ${result.stderr.toString('utf8').trim()}`);
}

/**
 * Puts bytes, or a local file, into a host's file, mode 0600; a copy that is not whole never takes the former one's place.
 *
 * @throws HostUnreachable, Unexpected (such as a full disk)
 */
export async function uploadFile(client: Client, access: RootAccess, remotePath: string, content: Uint8Array | LocalFile): Promise<void> {
  if (content instanceof Uint8Array) return send(client, access, [remotePath, createHash('sha256').update(content).digest('hex')], content);
  const file = await open(content.file);
  try {
    await send(client, access, [remotePath, content.sha256], file.createReadStream({ autoClose: false }));
  } finally {
    await file.close();
  }
}

async function send(client: Client, access: RootAccess, [remotePath, sum]: readonly [string, string], input: Uint8Array | Readable): Promise<void> {
  const result = await sendAsRoot(client, access, receiveFileScript, [remotePath, sum], input);
  const word = wordsAfter('file', result.stderr)?.[0];
  if (word === 'written' && result.exitCode === 0) return;
  if (word === 'incomplete') throw unreachable(access.label, `${remotePath} was not received whole.`);
  throw stepError('Unexpected', `${access.label}: ${remotePath} could not be written: ${result.stderr.toString('utf8').trim()}`, 'Correct the cause on the host; it is tried again by itself.');
}
