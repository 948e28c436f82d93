import { defineUpdate, setHandler } from '@temporalio/workflow';

const approve = defineUpdate<void, [string]>('approve');

export async function upgrade(): Promise<void> {
  setHandler(approve, () => {}, {
    validator: async (hash: string) => {
      if (hash === '') throw new Error('empty');
    },
  });
}
