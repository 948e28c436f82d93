import { CancellationScope, setHandler } from '@temporalio/workflow';
import { now } from './cluster-run.ts';
import { withDecision } from './domain/decision.ts';
import type { Decision, DecisionKind } from './domain/decision.ts';
import { readMessage, readResolution } from './domain/operator-message.ts';
import type { ReadMessage } from './domain/operator-message.ts';
import { applyRestoreMessage } from './domain/restore-message.ts';
import type { RestoreFacts } from './domain/restore-message.ts';
import { restoreReportOf, restoreStatusOf } from './domain/restore-run.ts';
import { decisionOf, onSignal, refuse } from './hear.ts';
import {
  cancelSignal, pauseSignal, probeSignal, reportQuery, resolveHoldUpdate, resumeSignal, retryNodeSignal, rollbackSignal, rollbackUpdate, setPolicyUpdate, skipNodeSignal, statusQuery,
} from './messages.ts';
import type { RestoreRunner } from './restore-run.ts';

/** Takes the messages of an upgrade, so that the same words reach both. Handlers only fold them into the state. */
export function openRestoreMessages(run: RestoreRunner, cancel: () => void): void {
  const heard = (read: ReadMessage): Decision => hear(run, read, cancel);
  const signal = (kind: DecisionKind): ((given: unknown) => void) => onSignal(kind, heard);
  const judge = (read: ReadMessage): void => refuse(read.ok ? applyRestoreMessage(run.state.control, read.message, factsOf(run), '').refusal : read.refusal);
  setHandler(retryNodeSignal, signal('retry'), { description: 'Try a held node again at the step that failed' });
  setHandler(skipNodeSignal, signal('skip'), { description: 'Leave a held worker as it is' });
  setHandler(cancelSignal, signal('cancel'), { description: 'End the restore, as long as the control plane is not stopped' });
  setHandler(pauseSignal, signal('pause'), { description: 'Refused: a restore does not pause' });
  setHandler(resumeSignal, signal('resume'), { description: 'Refused: a restore does not pause' });
  setHandler(rollbackSignal, signal('rollback'), { description: 'Refused: the whole cluster goes back already' });
  setHandler(resolveHoldUpdate, (given) => heard(readResolution(given)), { validator: (given) => judge(readResolution(given)), description: 'Decide about a held node: retry, or for a worker skip' });
  setHandler(rollbackUpdate, (given) => heard(readMessage('rollback', given)), { validator: (given) => judge(readMessage('rollback', given)), description: 'Refused: the whole cluster goes back already' });
  setHandler(setPolicyUpdate, (given) => heard(readMessage('set', given)), { validator: (given) => judge(readMessage('set', given)), description: 'Refused: a restore has no window' });
  setHandler(probeSignal, () => undefined);
  setHandler(statusQuery, () => restoreStatusOf(run.state, run.input.by), { description: 'Phase and nodes' });
  setHandler(reportQuery, () => restoreReportOf(run.state, run.input.by, now()), { description: 'Times of every step' });
  // Requested in Temporal it is a decision like any other.
  void CancellationScope.current().cancelRequested.catch(() => heard(readMessage('cancel', { reason: 'requested in Temporal' })));
}

/** Folds a person's word into the state and notes it as a decision, refused or not. */
function hear(run: RestoreRunner, read: ReadMessage, cancel: () => void): Decision {
  const { state } = run;
  const at = now();
  const { control, refusal } = read.ok ? applyRestoreMessage(state.control, read.message, factsOf(run), at) : { control: state.control, refusal: read.refusal };
  const decision = decisionOf(read, refusal, at);
  state.decisions = withDecision(state.decisions, decision);
  state.control = control;
  if (control.cancel !== null) cancel();
  run.show();
  return decision;
}

function factsOf({ state, node }: RestoreRunner): RestoreFacts {
  return {
    isStopped: state.isStopped, isEnding: state.phase !== 'rolling-back' || state.failure !== null, cancel: state.control.cancel,
    node: (name) => {
      const found = node(name);
      return found === null ? null : { roles: found.planned.roles, state: found.state, step: found.step };
    },
  };
}
