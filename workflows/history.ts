import { workflowInfo } from '@temporalio/workflow';

/**
 * Events after which an upgrade goes on in a new history. A history stays under 2,000 events, and replays within a second; the rest
 * is room for messages that come all at once, such as the end of every node in flight after a cancel.
 */
export const MOST_EVENTS = 1_000;

/** What events are still to come of what was begun. */
export interface Outstanding {
  /** Nodes whose workflow this run started: their end and their result. */
  readonly children: number;
  /** Nodes that an earlier run started: their result. */
  readonly inherited: number;
  /** Activities under way. */
  readonly activities: number;
}

export interface History {
  /** True where nothing more may be begun in this history. */
  readonly isFull: () => boolean;
  /** True where what is begun now may still be under way when this history is full. */
  readonly isLate: () => boolean;
  /** From now on this history is full: what was planned is laid out anew in the next one. */
  readonly end: () => void;
  /** True once `end` was called. */
  readonly isEnded: () => boolean;
  /** Says that commands were given which the history does not show yet. */
  readonly expect: (events: number) => void;
}

// The commands and the task that end a run.
const LAST_EVENTS = 40;
/** About as many as a node in flight and the one after it bring. */
const EVENTS_OF_NODE = 6;

export function openHistory(limit: number, outstanding: () => Outstanding): History {
  let length = 0;
  let commanded = 0;
  let isLatched = false;
  let isEnded = false;

  function known(): number {
    const now = workflowInfo().historyLength;
    if (now !== length) commanded = 0;
    length = now;
    return length + commanded;
  }

  return {
    isFull: () => {
      const { children, inherited, activities } = outstanding();
      // Once said it stays: who has been told to wait for the next history must not go on in this one.
      isLatched ||= isEnded || workflowInfo().continueAsNewSuggested || known() + 2 * children + inherited + 2 * activities + LAST_EVENTS > limit;
      return isLatched;
    },
    isLate: () => {
      const { children, inherited } = outstanding();
      return known() + EVENTS_OF_NODE * (children + inherited) > limit;
    },
    end: () => { isEnded = true; },
    isEnded: () => isEnded,
    expect: (events) => {
      known();
      commanded += events;
    },
  };
}
