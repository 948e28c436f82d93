import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FAULT_NAMES, parseFault, placeFaults } from '../../simulator/faults.ts';
import { generateCluster } from '../../simulator/generate.ts';

const { nodes } = generateCluster({ name: 'twin', seed: 7, workers: 12 });

describe('a fault by name', () => {
  test('that there is not is refused with all that there are', () => {
    assert.throws(() => parseFault('host-rebot'), (error: Error) => FAULT_NAMES.every((name) => error.message.includes(name)));
    assert.throws(() => placeFaults([{ name: 'toString', node: null }], nodes, 7), /There is no fault "toString"\. Allowed/);
  });

  test('takes the node that it names', () => {
    assert.deepEqual(placeFaults([parseFault('host-reboot@w03')], nodes, 7), [{ name: 'host-reboot', node: 'w03' }]);
  });

  test('takes a node by the seed where it names none, and always the same', () => {
    const placed = placeFaults([parseFault('disk-full'), parseFault('disk-full')], nodes, 7);
    assert.deepEqual(placed, placeFaults([parseFault('disk-full'), parseFault('disk-full')], nodes, 7));
    for (const { node } of placed) assert.match(node ?? '', /^w/);
  });

  test('is refused on a node where it cannot happen', () => {
    assert.throws(() => placeFaults([parseFault('host-reboot@cp1')], nodes, 7), /host-reboot cannot happen on "cp1": it is for a worker of this cluster: w01/);
    assert.throws(() => placeFaults([parseFault('disk-full@w99')], nodes, 7), /cannot happen on "w99"/);
    assert.throws(() => parseFault('api-5xx@w1'), /concerns the API, not a node/);
  });
});
