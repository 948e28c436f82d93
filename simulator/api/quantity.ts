const FACTORS: Readonly<Record<string, number>> = {
  '': 1, n: 1e-9, u: 1e-6, m: 1e-3, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15,
  Ki: 1024, Mi: 1024 ** 2, Gi: 1024 ** 3, Ti: 1024 ** 4, Pi: 1024 ** 5,
};

/** A quantity such as `250m`, `1.5Gi` or `4` as a number of its unit; NaN where it is none. */
export function parseQuantity(value: string | number | undefined): number {
  if (value === undefined) return 0;
  if (typeof value === 'number') return value;
  const match = /^([0-9.]+(?:[eE][+-]?\d+)?)([a-zA-Z]*)$/.exec(value);
  const factor = FACTORS[match?.[2] ?? '?'];
  return match === null || factor === undefined ? Number.NaN : Number(match[1]) * factor;
}

/** A number, or a percentage of `total`, as budgets and rolling updates give it. */
export function scaledValue(value: number | string | undefined, total: number, rounding: 'up' | 'down'): number {
  if (value === undefined) return 0;
  if (typeof value === 'number') return value;
  const part = (Number(value.replace('%', '')) * total) / 100;
  return rounding === 'up' ? Math.ceil(part) : Math.floor(part);
}
