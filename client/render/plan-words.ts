import type { PlanWords } from '../../workflows/domain/plan-words.ts';
import { plain } from './text.ts';

/** What a plan executes, a line each under one another; never cut: a digest that is cut says nothing. */
export function wordLines(words: PlanWords): readonly string[] {
  const width = Math.max(...words.map(([topic]) => plain(topic).length));
  return words.map(([topic, line]) => `  ${plain(topic).padEnd(width)}  ${plain(line).replaceAll('\n', ' ')}`);
}
