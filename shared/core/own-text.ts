// Text that users write about their own things: titles, descriptions, tags, labels. Policy per place:
// docs/decisions/2026-11-28-text-from-outside.md.
import * as z from 'zod';

import { withoutFloods } from './visible-text.ts';

/** Characters that drive a terminal, end a string or turn the direction of what follows: never meant, so rejected. */
const REJECTED = /[^\P{Cc}\t\n\r\u0085]|[\u202A-\u202E\u2066-\u2069]|\p{Cs}/u;
/** Line breaks of other systems, and of Unicode. */
const LINE_BREAK = /\r\n|[\r\u0085\u2028\u2029]/g;
/** Drawn by nothing, and pasted along from web pages: removed. A joiner between two letters shapes them and stays. */
const INVISIBLE = /[\u00AD\u200B\u2060-\u2064\uFEFF]/gu;

const MESSAGE = 'has control or direction characters, which cannot be stored: remove them';

const tidied = (text: string): string =>
  withoutFloods(text.replaceAll(LINE_BREAK, '\n').replaceAll(INVISIBLE, '')).normalize('NFC').trim();

const ownText = () => z.string().refine((text) => !REJECTED.test(text), MESSAGE);

/** Keeps its line breaks, as LF. Canonically equal texts (Unicode TR15) are one text. */
export const ownLines = () => ownText().overwrite(tidied);

/** Line breaks and tabs become blanks. */
export const ownLine = () => ownText().overwrite((text) => tidied(text).replaceAll(/\s+/gu, ' '));
