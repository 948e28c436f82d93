import { inspect, inspectRestore } from './activity-options.ts';
import type { InspectClusterInput, InspectClusterResult } from './messages.ts';

/** Reads a cluster for `plan`, `start`, `doctor`, `logs`, `rollback` and `restore`: access to it lives on the worker alone. Changes nothing. */
export async function inspectCluster(input: InspectClusterInput): Promise<InspectClusterResult> {
  const { spec } = input;
  switch (input.what) {
    case 'logs':
      return { plan: null, findings: [], log: await readLog(input) };
    case 'doctor': {
      const { findings } = await inspect.runPreflight.executeWithOptions({ summary: 'Check the ways in' }, [{ spec, plan: null }]);
      return { plan: null, findings };
    }
    case 'rehearse': {
      const { plan } = await inspect.planUpgrade.executeWithOptions({ summary: 'Read the cluster and plan' }, [{ spec }]);
      if (!plan.changes) return { plan, findings: [] };
      const dump = await inspect.describeCluster.executeWithOptions({ summary: 'Read nodes, pods, budgets and workloads' }, [{ spec }]);
      return { plan, findings: [], dump };
    }
    case 'restore': {
      const summary = 'Check snapshot and records, and list what was written since';
      return { plan: null, findings: [], restore: await inspectRestore.planRestore.executeWithOptions({ summary }, [{ spec, snapshot: input.snapshot ?? null }]) };
    }
    case 'plan':
    case 'preflight': {
      const { plan } = await inspect.planUpgrade.executeWithOptions({ summary: 'Read the cluster and plan' }, [{ spec }]);
      if (!plan.changes) return { plan, findings: [] };
      const isPlan = input.what === 'plan';
      const { findings } = await inspect.runPreflight.executeWithOptions({ summary: isPlan ? 'Rehearse its drains' : 'Preflight' }, [{ spec, plan, rehearse: isPlan ? 'only' : 'also' }]);
      return { plan, findings };
    }
  }
}

async function readLog({ spec, logs }: InspectClusterInput): Promise<string> {
  if (logs === undefined) return '';
  const pages: string[] = [];
  for (let offset: number | null = 0; offset !== null; ) {
    const page = await inspect.readLog.executeWithOptions({ summary: `${logs.node}: output of ${logs.step}` }, [{ spec, ...logs, offset }]);
    pages.push(page.text);
    offset = page.next;
  }
  return pages.join('');
}
