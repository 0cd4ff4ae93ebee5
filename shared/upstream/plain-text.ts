// Text from outside that people and models will read: nothing in it may be hidden from one and seen by the other.

/**
 * Control, format (zero-width, bidirectional, tags), private and unassigned characters, and letters that are drawn as
 * nothing. A line break and a tab are text.
 */
const HIDDEN =
  /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}\p{Zl}\p{Zp}\u{115F}\u{1160}\u{2800}\u{3164}\u{FFA0}]|\p{Variation_Selector}(?<!\u{FE0F})|\u{034F}|\u{17B4}|\u{17B5}/u;
const BREAKS = /[\n\r\t]/g;
/** Shown by no client, read by every model. */
const COMMENT = /<!--/;

export type TextFault = 'has hidden characters' | 'has a hidden comment' | 'is too long';

/** What is wrong with a text, if anything. @param maxLength in UTF-16 units */
export function faultIn(text: string, maxLength: number): TextFault | undefined {
  if (text.length > maxLength) return 'is too long';
  if (HIDDEN.test(text.replaceAll(BREAKS, ' '))) return 'has hidden characters';
  return COMMENT.test(text) ? 'has a hidden comment' : undefined;
}
