// Sealed messages, damaged in every way we could think of, against the codec. The same seed damages in the same places; what is
// sealed is random, so a mutant that got through is shown whole.
import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';

import { AppError } from '#shared/core/errors.ts';
import { createDataKeyCache, type DataKeyCache } from '#shared/crypto/data-key-cache.ts';
import type { KeyWrapper } from '#shared/crypto/key-wrapper.ts';
import {
  type Header,
  headerBytes,
  type Message,
  messageBytes,
  parseMessage,
} from '#shared/crypto/message-format.ts';
import { open, seal, type SealedMessage } from '#shared/crypto/message.ts';

import { createFakeKms, KEY_ARN, OTHER_ARN } from './fake-kms.ts';

/** Small, and the same on every machine (mulberry32). @returns an integer from 0 to before `below` */
function seeded(seed: number) {
  let state = seed >>> 0;
  return (below: number): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
type Below = ReturnType<typeof seeded>;

type Context = Record<string, string>;
type Specimen = SealedMessage & { readonly context: Context; readonly parsed: Message };

const contextOf = (owner: number, kid: number, version: number): Context => ({
  app: 'portunus',
  env: 'test',
  purpose: 'user-api-key',
  ownerId: 'uvw'.charAt(owner).repeat(27),
  provider: 'openai',
  kid: 'klm'.charAt(kid).repeat(22),
  version: String(version),
});

/** Several owners, keys, versions and lengths; and two messages of one very place, as a rewritten row leaves them. */
async function specimens(wrapper: KeyWrapper): Promise<Specimen[]> {
  const places = [0, 1, 2].flatMap((n) => [contextOf(n, 0, 1), contextOf(0, n, 1), contextOf(0, 0, n + 1)]);
  return Promise.all(
    places.map(async (context, n) => {
      const sealed = await seal({ context, plaintext: randomBytes(n % 2 ? 512 : 1024), wrapper });
      return { ...sealed, context, parsed: parseMessage(sealed.blob) };
    }),
  );
}

/** The message that is opened in place of `of`: a blob, and the wrapped key of its row. */
type Mutant = { readonly blob: Uint8Array; readonly wrapped: Uint8Array; readonly keyArn: string };
type Damage = (of: Specimen, other: Specimen, below: Below) => Partial<Mutant>;

const spliced = (blob: Uint8Array, at: number, [gone, instead]: readonly [number, Uint8Array]) =>
  Buffer.concat([blob.subarray(0, at), instead, blob.subarray(at + gone)]);
const bytesOf = (below: Below, count: number) => Uint8Array.from({ length: count }, () => below(256));
const flipped = (bytes: Uint8Array, bits: number, below: Below) => {
  const copy = Uint8Array.from(bytes);
  for (let n = 0; n < bits; n += 1) copy[below(copy.length)]! ^= 1 << below(8);
  return copy;
};

const rebuilt = (header: Header, rest: Pick<Message, 'headerTag' | 'ciphertext' | 'tag'>) => ({
  blob: messageBytes({ ...rest, header: headerBytes(header) }),
});

/** Positions of the numbers in a message: offset and width, from its own lengths. */
function numbersIn({ context, keyArn, wrapped, header, ciphertext }: Message) {
  const keys = 35 + 2 + context.length;
  const arn = keys + 2 + 2 + 'aws-kms'.length;
  const afterArn = arn + 2 + keyArn.length;
  const frame = header.length + 16;
  return [
    [0, 1], // version
    [1, 2], // suite
    [35, 2], // length of the context
    [37, 2], // pairs in it
    [keys, 2], // data keys
    [keys + 2, 2], // length of the provider's name
    [arn, 2],
    [afterArn, 2], // length of the wrapped key
    [afterArn + 2 + wrapped.length, 1], // content type
    [afterArn + 3 + wrapped.length, 4], // frame length
    [frame, 4], // the mark of the last frame
    [frame + 4, 4], // sequence number
    [frame + 20, 4], // length of the content
    [frame + 24 + ciphertext.length, 1], // the tag's first byte
  ] as const;
}

const SUITES = ['0014', '0046', '0078', '0114', '0146', '0178', '0214', '0346', '0378', '0578', '0000'];
const FIELDS = ['messageId', 'context', 'keyArn', 'wrapped', 'commitment'] as const;
const PARTS = ['headerTag', 'ciphertext', 'tag'] as const;

/** Each either differs from what was sealed or is drawn again. */
const DAMAGES: Readonly<Record<string, Damage>> = {
  'bits flipped': ({ blob }, _, below) => ({ blob: flipped(blob, 1 + below(8), below) }),
  'a run overwritten': ({ blob }, _, below) => {
    const count = 1 + below(64);
    return { blob: spliced(blob, below(blob.length - count), [count, bytesOf(below, count)]) };
  },
  'bytes put in': ({ blob }, _, below) => ({
    blob: spliced(blob, below(blob.length + 1), [0, bytesOf(below, 1 + below(40))]),
  }),
  'bytes taken out': ({ blob }, _, below) => {
    const count = 1 + below(40);
    return { blob: spliced(blob, below(blob.length - count), [count, Buffer.alloc(0)]) };
  },
  'a run doubled': ({ blob }, _, below) => {
    const at = below(blob.length - 64);
    return { blob: spliced(blob, at, [0, blob.subarray(at, at + 1 + below(64))]) };
  },
  'a run of another message put over it': ({ blob }, other, below) => {
    const count = 1 + below(200);
    const at = below(Math.min(blob.length, other.blob.length) - count);
    return { blob: spliced(blob, at, [count, other.blob.subarray(at, at + count)]) };
  },
  'head of one, tail of another': ({ blob }, other, below) => {
    const at = below(Math.min(blob.length, other.blob.length));
    return { blob: Buffer.concat([blob.subarray(0, at), other.blob.subarray(at)]) };
  },
  'the end cut off': ({ blob }, _, below) => ({ blob: blob.slice(0, below(blob.length)) }),
  'the beginning cut off': ({ blob }, _, below) => ({ blob: blob.slice(1 + below(blob.length - 1)) }),
  'more at the end': ({ blob }, other, below) => ({
    blob: Buffer.concat([blob, below(4) ? bytesOf(below, 1 + below(64)) : other.blob]),
  }),
  'more before it': ({ blob }, other, below) => ({
    blob: Buffer.concat([below(4) ? bytesOf(below, 1 + below(64)) : other.blob, blob]),
  }),
  'a number changed': ({ blob, parsed }, _, below) => {
    const numbers = numbersIn(parsed);
    const [at, width] = numbers[below(numbers.length)]!;
    const copy = Buffer.from(blob);
    const before = copy.readUIntBE(at, width);
    const near = before + (below(2) ? 1 : -1) * (1 + below(20));
    copy.writeUIntBE(((below(2) ? near : below(2 ** 31)) >>> 0) % 2 ** (8 * width), at, width);
    return { blob: copy };
  },
  'a length changed, and as many bytes': ({ parsed }, _, below) => {
    const field = (['context', 'wrapped', 'ciphertext'] as const)[below(3)]!;
    const count = 1 + below(16);
    const value =
      below(2) === 0
        ? parsed[field].subarray(0, -count)
        : Buffer.concat([parsed[field], bytesOf(below, count)]);
    const changed = { ...parsed, [field]: value };
    return rebuilt(changed, changed);
  },
  'another suite': ({ blob }, _, below) => ({
    blob: spliced(blob, 1, [2, Buffer.from(SUITES[below(SUITES.length)] ?? '', 'hex')]),
  }),
  'fields of another message': ({ parsed }, other, below) => {
    const names = [...FIELDS, ...PARTS].filter(() => below(2) === 0);
    const changed = { ...parsed, ...Object.fromEntries(names.map((name) => [name, other.parsed[name]])) };
    return rebuilt(changed, changed);
  },
  'its fields in each other’s places': ({ parsed }, _, below) => {
    const { headerTag, tag, messageId, commitment } = parsed;
    return below(2)
      ? rebuilt(parsed, { ...parsed, headerTag: tag, tag: headerTag })
      : rebuilt({ ...parsed, messageId: commitment, commitment: messageId }, parsed);
  },
  'a shorter tag': ({ parsed }, _, below) => {
    const name = below(2) ? 'tag' : 'headerTag';
    return rebuilt(parsed, { ...parsed, [name]: parsed[name].subarray(0, below(16)) });
  },
  'a shorter tag, filled up': ({ parsed }, _, below) => {
    const name = below(2) ? 'tag' : 'headerTag';
    const kept = below(16);
    const filled = Buffer.concat([parsed[name].subarray(0, kept), bytesOf(below, 16 - kept)]);
    return rebuilt(parsed, { ...parsed, [name]: filled });
  },
  'another message in its place': (_, { blob }) => ({ blob }),
  // The same place would be no damage: a version is never sealed twice.
  'the row of another place': ({ context, blob, wrappedKey }, other) =>
    isDeepStrictEqual(context, other.context)
      ? { blob, wrapped: wrappedKey }
      : { blob: other.blob, wrapped: other.wrappedKey },
  'another wrapped key in its row': (_of, { wrappedKey }) => ({ wrapped: wrappedKey }),
  'bits flipped in the wrapped key of its row': ({ wrappedKey }, _, below) => ({
    wrapped: flipped(wrappedKey, 1 + below(8), below),
  }),
  'another master key in its row': () => ({ keyArn: OTHER_ARN }),
};

const sound = ({ blob, wrappedKey, keyArn }: Specimen): Mutant => ({ blob, wrapped: wrappedKey, keyArn });

const isSame = (of: Specimen, { blob, wrapped, keyArn }: Mutant) =>
  keyArn === of.keyArn && !Buffer.compare(blob, of.blob) && !Buffer.compare(wrapped, of.wrappedKey);

/** As the real one does: what it cannot unwrap was tampered with. */
function strict(wrapper: KeyWrapper): KeyWrapper {
  const unwrap: KeyWrapper['unwrap'] = (key) =>
    wrapper.unwrap(key).catch(() => {
      throw new AppError('integrity_failed');
    });
  return { ...wrapper, unwrap };
}

/** `accepted` opened, `crashed` failed with anything but `integrity_failed`: told whole, for whoever looks into it. */
export type MutantReport = {
  readonly rejected: Readonly<Record<string, number>>;
  readonly accepted: readonly string[];
  readonly crashed: readonly string[];
};

/** One in four meets a cache that holds the data key of the message it was made from. */
export async function tryMutants({ seed, count }: { seed: number; count: number }): Promise<MutantReport> {
  const below = seeded(seed);
  const kms = createFakeKms();
  const wrapper = strict(kms.wrapper);
  const originals = await specimens(wrapper);
  const cache = createDataKeyCache();
  const openAs = ({ context }: Specimen, { blob, wrapped, keyArn }: Mutant, keys?: DataKeyCache) =>
    open({ blob, context, allowedKeyArns: [KEY_ARN], wrapper, wrappedKey: { wrapped, keyArn }, keys });

  const names = Object.keys(DAMAGES);
  const rejected: Record<string, number> = Object.fromEntries(names.map((name) => [name, 0]));
  const accepted: string[] = [];
  const crashed: string[] = [];
  for (let n = 0; n < count; ) {
    const name = names[below(names.length)]!;
    const of = originals[below(originals.length)]!;
    const other = originals[below(originals.length)]!;
    const mutant = { ...sound(of), ...DAMAGES[name]!(of, other, below) };
    if (isSame(of, mutant)) continue;
    n += 1;
    const warm = below(4) === 0;
    if (warm) await openAs(of, sound(of), cache); // it must be able to open, or its rejections say nothing
    const told = () =>
      `seed ${seed}, mutant ${n}, ${name}${warm ? ', warm' : ''}: ${Buffer.from(mutant.blob).toString('base64')} made of ${Buffer.from(of.blob).toString('base64')}`;
    await openAs(of, mutant, warm ? cache : undefined).then(
      () => accepted.push(told()),
      (error: unknown) => {
        if (error instanceof AppError && error.code === 'integrity_failed') rejected[name]! += 1;
        else crashed.push(`${String(error)}: ${told()}`);
      },
    );
  }
  return { rejected, accepted, crashed };
}
