import { inspect } from 'node:util';

export const REDACTED = '[redacted]';

/** A secret that refuses to be printed: `reveal()` is the only way to its text, and easy to search for. */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}
