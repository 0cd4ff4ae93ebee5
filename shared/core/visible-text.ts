// Text from outside that people and models read: no part may be visible to one and hidden from the other, or push the
// rest out of view. Policy per field: docs/decisions/2026-11-28-text-from-outside.md.

/**
 * Control, format (zero-width, bidirectional, tags), private and unassigned characters, letters without a shape, and variation
 * selectors. `ok` first: joiners and selectors that shape the characters beside them, as in emoji and in Persian or Hindi.
 */
const SCRIPTS =
  'Arabic|Syriac|Mongolian|Devanagari|Bengali|Gurmukhi|Gujarati|Oriya|Tamil|Telugu|Kannada|Malayalam|Sinhala|Khmer|Myanmar';
const SHAPED = `[${SCRIPTS.split('|')
  .map((name) => `\\p{scx=${name}}`)
  .join('')}]`;
const OK = [
  '(?<=[\\p{Extended_Pictographic}\\p{Emoji_Modifier}\\uFE0F])\\u200D(?=\\p{Extended_Pictographic})',
  `(?<=${SHAPED})[\\u200C\\u200D](?=${SHAPED})`,
  '(?<=\\p{Emoji})[\\uFE0E\\uFE0F]',
  '[\\u0600-\\u0605\\u06DD]', // number signs: format characters that are drawn
].join('|');
const HIDDEN =
  '[\\p{Cc}\\p{Cf}\\p{Co}\\p{Cs}\\p{Cn}\\p{Zl}\\p{Zp}\\p{Variation_Selector}\\u{034F}\\u{115F}\\u{1160}\\u{17B4}\\u{17B5}\\u{2800}\\u{3164}\\u{FFA0}]';
const CHARACTERS = new RegExp(`(?<ok>${OK})|${HIDDEN}`, 'gu');

/**
 * More than four combining marks on one letter overlap adjacent lines; a mark without a letter overlaps this service's
 * own text.
 */
const MARKS = /(\p{M}{4})\p{M}+|^\p{M}+/gu;
const LINE_BREAKS = /\n(?:[^\S\n]*\n){3,}/g;
const BLANKS = /[^\S\n]{17,}/g;

/**
 * HTML whose content a Markdown renderer hides or executes. Other names in angle brackets, such as `<city>`, are text.
 */
const ELEMENTS =
  'audio|canvas|details|dialog|embed|frame|frameset|head|iframe|listing|math|noembed|noframes|noscript|plaintext|script|style|summary|svg|template|textarea|video|xmp';
const ATTRIBUTE = '(?:hidden|[\\w:-]+\\s*=)';
const TAGS = new RegExp(
  `</?(?:${ELEMENTS})(?:[\\s/][^<>]*)?(?:>|$)|<[a-z][\\w-]*\\s(?:[^<>]*\\s)?${ATTRIBUTE}[^<>]*(?:>|$)`,
  'gi',
);
const COMMENTS = /<!--[^]*?(?:-->|$)|<!\[CDATA\[|<[!?][a-z]/gi;

const spaced = (word: string): string => word.split('').join('\\s*');
const COLON = '(?::|&colon;|&#0*58;?|&#x0*3a;?|%3a)';
const LINKS = new RegExp(
  `(?:${['javascript', 'vbscript', 'livescript'].map(spaced).join('|')})\\s*${COLON}|${spaced('data')}\\s*${COLON}\\s*(?:text/html|application/xhtml|image/svg|text/xml)`,
  'gi',
);

export type TextFault = 'has hidden characters' | 'has a hidden comment' | 'is too long';

const hiddenIn = (text: string): string[] =>
  [...text.matchAll(CHARACTERS)].filter(({ groups }) => groups?.['ok'] === undefined).map(([one]) => one);

/**
 * Fault of a text that must not be changed, because it is a name or a value; undefined if it has none.
 * @param maxLength in UTF-16 units
 */
export function faultIn(text: string, maxLength: number): TextFault | undefined {
  if (text.length > maxLength) return 'is too long';
  if (hiddenIn(text.replaceAll(/[\n\t]/g, ' ')).length > 0) return 'has hidden characters';
  return /<!--/.test(text) ? 'has a hidden comment' : undefined;
}

/** U+200B */
const numberOf = (character: string): string =>
  `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;

type Pass = (text: string, note: (what: string) => void) => string;

/** CR LF is a line break; a lone CR lets a terminal overwrite the text before it. */
const withoutHidden: Pass = (text, note) =>
  text.replaceAll('\r\n', '\n').replaceAll(CHARACTERS, (one: string, ...rest: unknown[]) => {
    const { ok } = rest.at(-1) as { ok?: string };
    if (ok !== undefined || one === '\n' || one === '\t') return one;
    note(numberOf(one));
    return one === '\r' || one === '\u2028' || one === '\u2029' || one === '\u0085' ? '\n' : '';
  });

const without =
  (pattern: RegExp, what: string, instead = ''): Pass =>
  (text, note) =>
    text.replaceAll(pattern, (_found: string, kept: unknown) => {
      note(what);
      return typeof kept === 'string' ? kept : instead;
    });

/** Text that pushes the rest out of view or overlaps it. */
const FLOODS: readonly Pass[] = [
  without(MARKS, 'combining marks'),
  without(LINE_BREAKS, 'a run of line breaks', '\n\n'),
  without(BLANKS, 'a run of blanks', ' '),
];
const PASSES: readonly Pass[] = [
  withoutHidden,
  without(COMMENTS, 'a hidden comment'),
  without(TAGS, 'an HTML tag'),
  without(LINKS, 'a link that runs a script'),
  ...FLOODS,
];
/** Removal may create a new match from its neighbours: repeated until nothing changes. */
const MAX_ROUNDS = 8;
const CUT = ' […]';

export type Cleaned = {
  readonly text: string;
  /** Report for the reviewer: kinds and counts of removed text, never the text itself. */
  readonly removed: readonly string[];
};

type Bounds = { readonly maxLength: number; readonly oneLine?: boolean };

function rounds(text: string, note: (what: string) => void): string {
  let before = text;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const after = PASSES.reduce((given, pass) => pass(given, note), before);
    if (after === before) return after;
    before = after;
  }
  note('all of it');
  return '';
}

/** Longest prefix within the bound that does not split a character. */
function cut(text: string, maxLength: number): string {
  const start = text.slice(0, maxLength - CUT.length);
  return `${start.isWellFormed() ? start : start.slice(0, -1)}${CUT}`;
}

/** Cleans descriptive text: deceptive parts are removed, text beyond the bound is cut with a mark. */
export function cleaned(given: string, { maxLength, oneLine = false }: Bounds): Cleaned {
  const counts = new Map<string, number>();
  const note = (what: string) => void counts.set(what, (counts.get(what) ?? 0) + 1);
  // Truncated first: the run time of every pass grows with the text.
  let text = rounds(given.slice(0, 4 * maxLength), note);
  if (oneLine) text = text.replaceAll(/\s+/g, ' ');
  text = text.trim();
  if (text.length > maxLength || given.length > 4 * maxLength) {
    text = cut(text, maxLength);
    note(`all beyond ${maxLength} characters`);
  }
  return { text, removed: [...counts].map(([what, count]) => (count > 1 ? `${what} (${count})` : what)) };
}

/** Cleans results, which are data: characters that cannot be displayed become U+FFFD. Line breaks and tabs are kept. */
export const withMarks = (text: string): string =>
  text.replaceAll(/[\p{Cs}\u202A-\u202E\u2066-\u2069\u{E0000}-\u{E007F}]|(?![\n\r\t])\p{Cc}/gu, '\u{FFFD}');

/** Shortens runs of blanks and line breaks, and stacked marks. */
export const withoutFloods = (text: string): string =>
  FLOODS.reduce((given, pass) => pass(given, () => undefined), text);
