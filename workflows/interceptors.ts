import { workflowInfo } from '@temporalio/workflow';
import type { ApplicationFailure, WorkflowInterceptors } from '@temporalio/workflow';
import { resultProblem } from './activity-results.ts';
import { workflowFailure } from './failures.ts';
import { inputProblem, isContinued } from './inputs.ts';
import { expectMessages } from './payload-converter.ts';

/** Part of the bundle: looks at what comes into a workflow before its code does. One set for each workflow. */
export function interceptors(): WorkflowInterceptors {
  let hasBegun = false;
  return {
    inbound: [{
      execute: async (input, next) => {
        expectMessages(workflowInfo().workflowId);
        const problem = inputProblem(input.args[0]);
        if (problem !== null) throw inputFailure(problem);
        try {
          return await next(input);
        } catch (error) {
          // Before its first activity a workflow has changed nothing, and a shape that its code cannot read stays the same at each try.
          if (!hasBegun && !isContinued(input.args[0]) && (error instanceof TypeError || error instanceof RangeError)) throw inputFailure(error.message);
          throw error;
        }
      },
    }],
    outbound: [{
      scheduleActivity: async (input, next) => {
        hasBegun = true;
        const result = await next(input);
        const problem = resultProblem(input.activityType, result);
        if (problem !== null) throw resultFailure(input.activityType, problem);
        return result;
      },
    }],
  };
}

function inputFailure(problem: string): ApplicationFailure {
  return workflowFailure({ type: 'SpecInvalid', message: `the input of this workflow cannot be used: ${problem}`, next: 'start it with the command line of this version; nothing was changed' });
}

/** Temporal's own tools can complete an activity by hand, with anything. */
function resultFailure(activity: string, problem: string): ApplicationFailure {
  return workflowFailure({
    type: 'Unexpected', message: `the result of ${activity} is not one that a worker of this version writes: ${problem}`,
    next: 'somebody may have completed it by hand: look at what the step has done, then retry it; every step looks first',
  });
}
