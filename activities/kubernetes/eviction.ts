import type { Status } from './objects.ts';
import type { EvictionAnswer } from './port.ts';

/** Answers of the eviction subresource that are an answer and not a failure. */
export const EVICTION_STATUSES = [403, 404, 409, 429, 500, 503] as const;

/**
 * What the API says to an eviction. A 429 is a budget's only where a cause says so; without it the API is overloaded.
 * Null where the answer is not about this pod at all: missing rights.
 * Source: pkg/registry/core/pod/storage/eviction.go of Kubernetes.
 */
export function evictionAnswer(status: number, refusal: Status, retryAfterMs: number | null): EvictionAnswer | null {
  if (status < 300) return { kind: 'accepted' };
  const message = refusal.message ?? `status ${status}`;
  // 409 is the precondition on the uid: another pod has the name now.
  if (status === 404 || (status === 409 && /uid/i.test(message))) return { kind: 'gone' };
  const causes = refusal.details?.causes ?? [];
  const budgetCause = causes.find((cause) => cause.reason === 'DisruptionBudget');
  if (status === 429 && (budgetCause !== undefined || /disruption budget/.test(message))) {
    const told = budgetCause?.message ?? message;
    return { kind: 'protected', budget: /disruption budget (\S+) (?:needs|is still)/.exec(told)?.[1] ?? null, message: told, retryAfterMs };
  }
  if (status === 500 && /more than one PodDisruptionBudget/.test(message)) return { kind: 'several-budgets', message };
  if (status === 403 && !isAboutThisPod(message, causes)) return null;
  return { kind: 'refused', message, retryAfterMs };
}

/** A namespace that is being deleted and an admission webhook answer 403 as well; both may pass. */
function isAboutThisPod(message: string, causes: readonly { readonly reason?: string }[]): boolean {
  return causes.some((cause) => cause.reason === 'NamespaceTerminating') || /admission webhook|is being terminated/.test(message);
}
