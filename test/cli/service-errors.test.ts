import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommandError } from '../../client/command-error.ts';
import { serviceError } from '../../client/temporal/service-errors.ts';
import { temporalSettings } from '../../client/temporal/settings.ts';

const SETTINGS = temporalSettings({ CAPSTAN_TEMPORAL_ADDRESS: 'temporal.example:7233' }, 'capstan');

function wrapped(code: number, details: string): Error {
  return new Error('Failed to do it', { cause: Object.assign(new Error(`${code} ${details}`), { code, details }) });
}

test('what a server that restarts answers is exit code 75, which watch outlives', () => {
  for (const code of [1, 4, 8, 10, 13, 14]) {
    const { exitCode, message, next } = serviceError(wrapped(code, 'connection dropped'), SETTINGS);
    assert.equal(exitCode, 75);
    assert.equal(message, 'Temporal does not answer at temporal.example:7233 (connection dropped)');
    assert.match(next ?? '', /capstan dev/);
  }
});

test('a refusal is an error that names what to check', () => {
  for (const code of [7, 16]) {
    const { exitCode, next } = serviceError(wrapped(code, 'no'), SETTINGS);
    assert.equal(exitCode, 1);
    assert.match(next ?? '', /CAPSTAN_TEMPORAL_API_KEY/);
  }
});

test('an attribute that is not registered leads to doctor', () => {
  assert.match(serviceError(wrapped(3, 'Namespace default has no mapping defined for search attribute CapstanCluster'), SETTINGS).next ?? '', /capstan doctor/);
});

test('an error for people passes as it is', () => {
  const error = new CommandError('as it is', { exitCode: 3 });
  assert.equal(serviceError(error, SETTINGS), error);
});

test('the Web UI is known for a local server, or where it is named', () => {
  assert.equal(temporalSettings({}, 'q').ui, 'http://127.0.0.1:8233');
  assert.equal(SETTINGS.ui, null);
  assert.equal(temporalSettings({ CAPSTAN_TEMPORAL_UI: 'https://ui.example/' }, 'q').ui, 'https://ui.example');
});

test('TLS is spoken only where something of it is given', () => {
  assert.equal(SETTINGS.tls, null);
  assert.notEqual(temporalSettings({ CAPSTAN_TEMPORAL_API_KEY: 'k' }, 'q').tls, null);
  assert.notEqual(temporalSettings({ CAPSTAN_TEMPORAL_TLS: 'true' }, 'q').tls, null);
  assert.notEqual(temporalSettings({ CAPSTAN_TEMPORAL_TLS_CA: '/ca' }, 'q').tls, null);
});
