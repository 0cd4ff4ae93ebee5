/** Reads a property by a name from outside: `constructor` and the like are properties of every object, and never meant. */
export const ownProperty = <Value>(
  record: Readonly<Record<string, Value>>,
  name: string,
): Value | undefined => (Object.hasOwn(record, name) ? record[name] : undefined);
