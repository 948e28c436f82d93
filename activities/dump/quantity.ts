const FACTORS: Readonly<Record<string, number>> = {
  '': 1, n: 1e-9, u: 1e-6, m: 1e-3, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15,
  Ki: 1024, Mi: 1024 ** 2, Gi: 1024 ** 3, Ti: 1024 ** 4, Pi: 1024 ** 5,
};

/** `250m`, `1.5Gi` or `4` as a number of its unit; 0 where it is absent or none. */
function quantity(value: string | number | undefined): number {
  if (value === undefined) return 0;
  if (typeof value === 'number') return value;
  const match = /^([0-9.]+(?:[eE][+-]?\d+)?)([a-zA-Z]*)$/.exec(value);
  const factor = FACTORS[match?.[2] ?? ''];
  const number = Number(match?.[1]) * (factor ?? Number.NaN);
  return Number.isFinite(number) ? number : 0;
}

export function cpuMillis(value: string | number | undefined): number {
  return Math.round(quantity(value) * 1000);
}

export function memoryMiB(value: string | number | undefined): number {
  return Math.round(quantity(value) / 1024 ** 2);
}
