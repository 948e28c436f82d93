import { log, setHandler } from '@temporalio/workflow';
import { now } from './cluster-run.ts';
import type { ClusterRunner } from './cluster-run.ts';
import { applyPause, applyResume, applyRetry, applySkip } from './domain/control.ts';
import type { ControlledNode } from './domain/control.ts';
import { operatorMessage } from './domain/operator-message.ts';
import { reportOf, statusOf } from './domain/run-status.ts';
import type { UpgradeReport } from './domain/status.ts';
import { landNode } from './flight.ts';
import { forward } from './forward.ts';
import {
  nodeProgressSignal, nodeResultSignal, pauseSignal, planQuery, reportQuery, resumeSignal, retryNodeSignal, skipNodeSignal, statusQuery,
} from './messages.ts';

/** Takes messages from the first moment on. Handlers only fold them into the state; the runbook acts on it at its safe points. */
export function openMessages(run: ClusterRunner): void {
  const { state } = run;
  const warn = (warning: string | null): void => {
    if (warning !== null) log.warn('message without effect', { warning });
  };
  const inFlight = (): readonly string[] => [...run.open].filter((name) => run.node(name).inFlight);
  setHandler(pauseSignal, (given) => {
    state.control = applyPause(state.control, operatorMessage(given), now());
    if (state.control.pause?.now === true) forward(run, 'pause', inFlight());
    run.show();
  }, { description: 'Start no further node; with now: stop nodes in flight between steps' });
  setHandler(resumeSignal, () => {
    const wasNow = state.control.pause?.now === true;
    state.control = applyResume(state.control);
    // Only a pause that reached them.
    if (wasNow) forward(run, 'resume', inFlight());
    run.show();
  }, { description: 'Go on after a pause' });
  setHandler(skipNodeSignal, (given) => {
    const message = operatorMessage(given);
    const { control, warning } = applySkip(state.control, message, controlledNode(run, message.node));
    warn(warning);
    state.control = control;
    if (warning === null && run.node(message.node).inFlight) forward(run, 'skipNode', [message.node]);
    run.show();
  }, { description: 'Leave a node as it is' });
  setHandler(retryNodeSignal, (given) => {
    const message = operatorMessage(given);
    const { control, warning } = applyRetry(state.control, message, controlledNode(run, message.node));
    warn(warning);
    state.control = control;
    run.show();
  }, { description: 'Try a held node again from the step that failed' });
  setHandler(nodeProgressSignal, ({ node, state: entered, step }) => {
    if (!run.open.has(node)) return;
    const own = run.node(node);
    if (!own.inFlight) return;
    own.changed ||= step === 'upgradeEtcdMember' || step === 'upgradeControlPlane';
    own.drained ||= step === 'upgradeKubelet';
    Object.assign(own, { state: entered, step, since: now() });
    run.show();
  });
  setHandler(nodeResultSignal, ({ upgrade, node, retry, result }) => {
    if (upgrade === state.id) landNode(run, node, retry, result);
  });
  setHandler(statusQuery, () => statusOf(state, run.startedBy), { description: 'Phase and nodes' });
  setHandler(planQuery, () => state.plan, { description: 'The plan that is executed' });
  setHandler(reportQuery, (): UpgradeReport => reportOf(state, run.startedBy, now()), { description: 'Times of every step' });
}

function controlledNode(run: ClusterRunner, name: string): ControlledNode | null {
  const planned = run.state.plan.nodes.find((node) => node.name === name);
  if (planned === undefined) return null;
  const { state, changed, rollsBack } = run.node(name);
  return { name, roles: planned.roles, state, changed, rollsBack };
}
