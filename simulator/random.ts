/** Chance that can be repeated: the same seed and names give the same numbers, whoever asks first. */
export interface Random {
  /** Evenly in [0, 1). */
  unit(): number;
  /** Whole number in [0, below). */
  below(below: number): number;
  /** Lognormal with this mean and coefficient of variation; the mean itself where `variation` is 0. */
  lognormal(mean: number, variation: number): number;
}

/**
 * A generator of its own for each purpose, such as `randomOf(7, 'w1', 'install kubelet', 0)`: what one node draws does not
 * depend on when the others do.
 */
export function randomOf(seed: number, ...purpose: readonly (string | number)[]): Random {
  let state = hash(`${seed}\0${purpose.join('\0')}`);
  function unit(): number {
    // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }
  function lognormal(mean: number, variation: number): number {
    if (variation === 0) return mean;
    const variance = Math.log(1 + variation * variation);
    // Box and Muller.
    const normal = Math.sqrt(-2 * Math.log(1 - unit())) * Math.cos(2 * Math.PI * unit());
    return Math.exp(Math.log(mean) - variance / 2 + Math.sqrt(variance) * normal);
  }
  return { unit, below: (below) => Math.floor(unit() * below), lognormal };
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  return value >>> 0;
}
