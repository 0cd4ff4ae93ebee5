// Texts with the format of a token or of a provider's key, of any owner.

const SHAPES: readonly (readonly [RegExp, string])[] = [
  [/eyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?/g, '[token]'],
  [/\b(?:sk|pk|rk)-[\w-]{8,}/g, '[key]'],
  [/\bgh[pousr]_\w{16,}|\bgithub_pat_\w{16,}/g, '[key]'],
  [/\bAIza[\w-]{16,}|\b(?:AKIA|ASIA)[A-Z0-9]{12,}/g, '[key]'],
  [/\bxox[abprs]-[\w-]{8,}/g, '[key]'],
];

/** Masks each of them, in texts that may quote a caller's input. A known secret is masked by mask-secret.ts. */
export const maskKeyShapes = (text: string): string =>
  SHAPES.reduce((before, [pattern, label]) => before.replaceAll(pattern, label), text);
