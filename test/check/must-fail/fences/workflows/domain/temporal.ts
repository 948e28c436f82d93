import type { Duration } from '@temporalio/common';

export type Wait = Duration;
