import type { Finding } from '../../../../workflows/domain/check.ts';

export const finding: Finding = { check: 'not-in-the-table', severity: 'block', node: null, message: 'x', next: null };
