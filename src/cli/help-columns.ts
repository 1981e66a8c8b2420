/** Columns of a help text: those of the terminal where there is one. Longer lines are hard to read. */
export function helpColumns(columns: number | undefined): number {
  return Math.min(columns ?? 100, 110);
}
