// Names that a person cannot tell apart.

/** Letters and digits that are drawn alike in common typefaces, each as one of them. */
const ALIKE: readonly (readonly [RegExp, string])[] = [
  [/[^a-z0-9]/g, ''],
  [/0/g, 'o'],
  [/[1i]/g, 'l'],
  [/2/g, 'z'],
  [/3/g, 'e'],
  [/4/g, 'a'],
  [/5/g, 's'],
  [/7/g, 't'],
  [/8/g, 'b'],
  [/[69]/g, 'g'],
  [/q/g, 'g'],
  [/vv/g, 'w'],
  [/rn/g, 'm'],
];

/** Two names of one look are one name to a person. For aliases: they are short, and chosen by their registrant. */
export const lookOf = (name: string): string =>
  ALIKE.reduce((look, [alike, as]) => look.replaceAll(alike, as), name.toLowerCase());

/** For tools of one source, where `page1` and `pagel` may both be meant: only case and marks are left out. */
export const plainLookOf = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
