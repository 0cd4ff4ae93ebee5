/** The value below which a share of all others lies. @param share 0.5 is the median */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

export const times = (ratio: number): string => `${ratio.toFixed(2)}×`;
export const ms = (value: number): string => `${value.toFixed(value < 10 ? 2 : 0)} ms`;
export const kB = (bytes: number): string => `${(bytes / 1000).toFixed(0)} kB`;

/** A figure held against its limit, as it is printed. */
export const within = (text: string, limit: string, kept: boolean): string =>
  `${text} / ${limit}${kept ? '' : '  OVER'}`;
