// US dollars as text, and as whole micro-USD.
import * as z from 'zod';

/** Decimal number of US dollars, as text: `"5.00"`. A JSON number could lose precision. */
export const Usd = z.string().regex(/^\d{1,6}(\.\d{1,6})?$/, 'must be dollars as text, as in "5.00"');

/** @param dollars of the form of `Usd` */
export function microUsdOf(dollars: string): number {
  const [whole = '0', fraction = ''] = dollars.split('.');
  return Number(whole) * 1_000_000 + Number(fraction.padEnd(6, '0'));
}

export function formatUsd(microUsd: number): string {
  const fraction = String(microUsd % 1_000_000).padStart(6, '0');
  return `${Math.floor(microUsd / 1_000_000)}.${fraction.slice(0, 2)}${fraction.slice(2).replace(/0+$/, '')}`;
}
