import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import { createSshHosts } from '../../activities/hosts/ssh-hosts.ts';
import type { SshHostsOptions } from '../../activities/hosts/ssh-hosts.ts';
import type { Hosts, HostScript } from '../../activities/hosts/port.ts';
import type { Failure } from '../../workflows/domain/failure.ts';
import type { AccessSpec, SshSpec } from '../../workflows/domain/spec.ts';
import { accessTo, startSshHost } from '../support/ssh-host.ts';
import type { SshHost, SshHostOptions } from '../support/ssh-host.ts';

/** For a host's `doubles`: bash under the name of sh, as on Red Hat's systems. */
export const BASH_AS_SH = { sh: '#!/bin/bash\nexec -a sh /bin/bash "$@"\n' } as const;

export async function startHost(context: TestContext, options: SshHostOptions = {}): Promise<SshHost> {
  const host = await startSshHost(options);
  context.after(() => host.stop());
  return host;
}

export async function openTo(context: TestContext, access: AccessSpec, options: SshHostsOptions = {}): Promise<Hosts> {
  const ssh = createSshHosts(options);
  context.after(() => { ssh.close(); });
  return ssh.openHosts(access);
}

export async function openHost(context: TestContext, host: SshHost, ssh: Partial<SshSpec> = {}, options: SshHostsOptions = {}): Promise<Hosts> {
  return openTo(context, await accessTo(join(host.root, 'access'), [host], ssh), options);
}

export async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof ApplicationFailure, String(error));
    assert.equal(error.nonRetryable, error.type !== 'HostUnreachable');
    const failure: unknown = error.details?.[0];
    assert.ok(isFailure(failure));
    return failure;
  }
  throw new Error('no failure');
}

function isFailure(value: unknown): value is Failure {
  return typeof value === 'object' && value !== null && 'type' in value && 'message' in value;
}

export function script(text: string): HostScript {
  return { name: 'test', text };
}
