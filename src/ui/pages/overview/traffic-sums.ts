/** What the charts count. */
import type { Traffic } from '../../../admin/contract-overview.ts';

/** In the order in which they are said. */
export const COUNTED = ['accepted', 'delivered', 'deferred', 'failed', 'refused'] as const;
export type Counted = (typeof COUNTED)[number];

/** All of one kind in the span. */
export function sumOf({ points }: Traffic, kind: Counted): number {
  return points.reduce((sum, point) => sum + point[kind], 0);
}

/** The next round number that is as large: 1, 2, 5, 10, 20, 50, … */
export function roundUp(value: number): number {
  if (value <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((round) => round >= value) ?? value;
}
