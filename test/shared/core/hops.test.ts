import { describe, expect, it } from 'vitest';

import {
  HOPS_HEADER,
  parseHops,
  hopHeaders,
  DEADLINE_HEADER,
  parseDeadlineHeader,
} from '#shared/core/hops.ts';

const deadline = (ms: number) => ({ signal: AbortSignal.abort(), remainingMs: () => ms });

describe('chained gateways', () => {
  it('count themselves hopHeaders, and end at the third', () => {
    const first = hopHeaders({ hops: parseHops(undefined), deadline: deadline(1000.7) });
    expect(first).toEqual({ [HOPS_HEADER]: '1', [DEADLINE_HEADER]: '1000' });
    const second = hopHeaders({ hops: parseHops(first[HOPS_HEADER]), deadline: deadline(500) });
    expect(second[HOPS_HEADER]).toBe('2');
    expect(() => hopHeaders({ hops: parseHops(second[HOPS_HEADER]), deadline: deadline(500) })).toThrow(
      expect.objectContaining({ code: 'loop' }),
    );
  });

  it.each(['', '-1', '10', '1.0', ' 1', '１', '0x1', '1, 1', 'none', '3', '9'])(
    'end at a count that we would not write: "%s"',
    (header) => {
      expect(() => hopHeaders({ hops: parseHops(header), deadline: deadline(1) })).toThrow(
        expect.objectContaining({ code: 'loop' }),
      );
    },
  );
});

describe('the remaining time stated by the caller', () => {
  it('shortens the deadline if it is a number of milliseconds', () => {
    expect(parseDeadlineHeader('1500')).toBe(1500);
    expect(parseDeadlineHeader('0')).toBe(0);
  });

  it.each([undefined, '', '-1', '1e3', '1.5', '9999999999', ' 5', 'Infinity'])(
    'is not told by %s',
    (header) => {
      expect(parseDeadlineHeader(header)).toBe(Infinity);
    },
  );
});
