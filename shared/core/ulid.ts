import { randomBytes } from 'node:crypto';
import * as z from 'zod';

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** 48 bits of milliseconds, 80 random bits, in Crockford's base 32: sorts by time. */
export const Ulid = z.string().regex(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
export type Ulid = z.infer<typeof Ulid>;

export function newUlid(now: number): Ulid {
  let time = '';
  for (let rest = now, digit = 0; digit < 10; digit += 1, rest = Math.floor(rest / 32)) {
    time = CROCKFORD[rest % 32] + time;
  }
  let random = '';
  for (const byte of randomBytes(16)) random += CROCKFORD[byte & 31]; // the low 5 bits of each: 80 random bits without bias
  return time + random;
}
