import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readConfiguration } from '../../worker/config.ts';

describe('configuration of a worker', () => {
  test('nothing given is a server on this machine and the default task queue', () => {
    const { temporal, taskQueue, concurrency, logLevel } = readConfiguration({});
    assert.deepEqual(temporal, { address: '127.0.0.1:7233', addressGiven: false, namespace: 'default', apiKey: null, tls: null });
    assert.deepEqual({ taskQueue, concurrency, logLevel }, { taskQueue: 'capstan', concurrency: 500, logLevel: 'info' });
  });

  test('an empty variable counts as not set', () => {
    assert.equal(readConfiguration({ CAPSTAN_TEMPORAL_ADDRESS: '', CAPSTAN_LOG_LEVEL: '' }).temporal.addressGiven, false);
  });

  const places = [
    [{ CAPSTAN_STATE_DIR: '/s' }, '/s'],
    [{ XDG_STATE_HOME: '/x' }, '/x/capstan'],
  ] as const;
  for (const [environment, folder] of places) {
    test(`state is kept in ${folder} with ${Object.keys(environment).join()}`, () => {
      assert.equal(readConfiguration(environment).stateFolder, folder);
    });
  }

  const tls = [
    [{}, null],
    [{ CAPSTAN_TEMPORAL_TLS: 'true' }, { cert: null, key: null, ca: null, serverName: null }],
    [{ CAPSTAN_TEMPORAL_API_KEY: 'k' }, { cert: null, key: null, ca: null, serverName: null }],
    [{ CAPSTAN_TEMPORAL_TLS_CERT: 'c', CAPSTAN_TEMPORAL_TLS_KEY: 'k' }, { cert: 'c', key: 'k', ca: null, serverName: null }],
    [{ CAPSTAN_TEMPORAL_TLS_CA: 'a' }, { cert: null, key: null, ca: 'a', serverName: null }],
  ] as const;
  for (const [environment, expected] of tls) {
    test(`TLS with ${Object.keys(environment).join(' and ') || 'nothing'} is ${expected === null ? 'not spoken' : 'spoken'}`, () => {
      assert.deepEqual(readConfiguration(environment).temporal.tls, expected);
    });
  }

  const versions = [
    [{}, null],
    [{ CAPSTAN_BUILD_ID: '0.2.0+3f1c' }, { deploymentName: 'capstan', buildId: '0.2.0+3f1c' }],
    [{ CAPSTAN_BUILD_ID: 'b7', CAPSTAN_DEPLOYMENT_NAME: 'site-eu' }, { deploymentName: 'site-eu', buildId: 'b7' }],
  ] as const;
  for (const [environment, expected] of versions) {
    test(`the version with ${Object.keys(environment).join(' and ') || 'nothing'} is ${expected === null ? 'none' : JSON.stringify(expected)}`, () => {
      assert.deepEqual(readConfiguration(environment).version, expected);
    });
  }

  const wrong = [
    [{ CAPSTAN_BUILD_ID: 'a b' }, /CAPSTAN_BUILD_ID=a b: expected at most 100 letters/],
    [{ CAPSTAN_BUILD_ID: 'a:b' }, /CAPSTAN_BUILD_ID=a:b: expected/],
    [{ CAPSTAN_BUILD_ID: 'b7', CAPSTAN_DEPLOYMENT_NAME: 'site.eu' }, /CAPSTAN_DEPLOYMENT_NAME=site\.eu: expected at most 100 letters/],
    [{ CAPSTAN_DEPLOYMENT_NAME: 'site-eu' }, /CAPSTAN_DEPLOYMENT_NAME is set without CAPSTAN_BUILD_ID/],
    [{ CAPSTAN_TEMPORAL_ADDRESS: 'localhost' }, /CAPSTAN_TEMPORAL_ADDRESS=localhost: expected HOST:PORT/],
    [{ CAPSTAN_CONCURRENCY: 'many' }, /CAPSTAN_CONCURRENCY=many: expected a whole number/],
    [{ CAPSTAN_CONCURRENCY: '0' }, /CAPSTAN_CONCURRENCY=0: expected 1 or more/],
    [{ CAPSTAN_LOG_LEVEL: 'loud' }, /CAPSTAN_LOG_LEVEL=loud: expected one of trace, debug/],
    [{ CAPSTAN_TEMPORAL_TLS: 'yes' }, /CAPSTAN_TEMPORAL_TLS=yes: expected true or false/],
    [{ CAPSTAN_TEMPORAL_TLS_KEY: 'k' }, /CAPSTAN_TEMPORAL_TLS_CERT and CAPSTAN_TEMPORAL_TLS_KEY go together/],
  ] as const;
  for (const [environment, message] of wrong) {
    test(`what cannot be used is named: ${JSON.stringify(environment)}`, () => {
      assert.throws(() => readConfiguration(environment), message);
    });
  }
});
