// The key in every form an answer could quote it: an upstream that echoes it must not hand it on.
import type { Secret } from '#shared/core/secret.ts';

export const REDACTED = '[redacted]';

/** Base64 of a text around the key: three alignments, of each what no neighbour has a part in. */
function encodedWithin(bytes: Buffer): string[] {
  return [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
    return text.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + bytes.length) * 8) / 6));
  });
}

/** The longest first. */
export function formsOf(secret: Secret): readonly string[] {
  const plain = secret.reveal();
  const bytes = Buffer.from(plain);
  const encoded = [bytes.toString('base64'), ...encodedWithin(bytes)];
  const forUrls = encoded.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'));
  const forms = new Set([plain, encodeURIComponent(plain), ...encoded, ...forUrls]);
  return [...forms].toSorted((a, b) => b.length - a.length);
}

const withoutForms = (text: string, forms: readonly string[]): string =>
  forms.reduce((clean, form) => clean.replaceAll(form, REDACTED), text);

/** Of a JSON text. The key may be written with escapes, so that the document does not hold what its strings do. */
export function jsonWithout(text: string, forms: readonly string[]): unknown {
  const clean = withoutForms(text, forms);
  if (!clean.includes('\\')) return JSON.parse(clean);
  return JSON.parse(clean, (_name, value) =>
    typeof value === 'string' ? withoutForms(value, forms) : value,
  );
}

export const withoutSecret = (text: string, secret: Secret): string => withoutForms(text, formsOf(secret));
