export function name(phase: 'plan' | 'done'): string | undefined {
  switch (phase) {
    case 'plan': return 'planning';
  }
  return undefined;
}
