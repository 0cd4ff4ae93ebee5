import type { Secret } from '#shared/core/secret.ts';

/** The key in every form an answer could quote it: an upstream that echoes it must not hand it on. */
export function withoutSecret(text: string, secret: Secret): string {
  const plain = secret.reveal();
  const forms = [plain, Buffer.from(plain).toString('base64'), encodeURIComponent(plain)];
  return forms.reduce((clean, form) => clean.replaceAll(form, '[redacted]'), text);
}
