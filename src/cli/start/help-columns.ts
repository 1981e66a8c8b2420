/** The width of a help text: that of the terminal, at most 110 columns. */
export function helpColumns(columns: number | undefined): number {
  return Math.min(columns ?? 100, 110);
}
