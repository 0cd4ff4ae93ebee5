// Text that users write about their own data: titles, descriptions, tags, labels. Policy per field:
// docs/decisions/2026-11-28-text-from-outside.md.
import * as z from 'zod';

import { withoutFloods } from './visible-text.ts';

/** Rejected characters: they control terminals, end strings or change the direction of the following text. */
const REJECTED = /[^\P{Cc}\t\n\r\u0085]|[\u202A-\u202E\u2066-\u2069]|\p{Cs}/u;
/** Line breaks of other systems, and of Unicode. */
const LINE_BREAK = /\r\n|[\r\u0085\u2028\u2029]/g;
/** Invisible characters, often pasted from web pages: removed. A joiner between two letters shapes them and is kept. */
const INVISIBLE = /[\u00AD\u200B\u2060-\u2064\uFEFF]/gu;

const MESSAGE = 'has control or direction characters, which cannot be stored: remove them';

const tidied = (text: string): string =>
  withoutFloods(text.replaceAll(LINE_BREAK, '\n').replaceAll(INVISIBLE, '')).normalize('NFC').trim();

const ownText = () => z.string().refine((text) => !REJECTED.test(text), MESSAGE);

/** Keeps line breaks, as LF. Normalises canonically equal texts (Unicode TR15). */
export const ownLines = () => ownText().overwrite(tidied);

/** Converts line breaks and tabs to blanks. */
export const ownLine = () => ownText().overwrite((text) => tidied(text).replaceAll(/\s+/gu, ' '));
