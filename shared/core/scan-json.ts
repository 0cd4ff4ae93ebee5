// Bounds a JSON text before JSON.parse: a million nested arrays take the parser 600 ms, this scan a few.
import { AppError } from './errors.ts';
import { type JsonValues, parseValues } from './json-values.ts';

/** Bounds of a text, and the treatment of its values, `exact` by default. The default bounds are those of a request. */
export type JsonBounds = { readonly depth: number; readonly nodes: number; readonly values?: JsonValues };
const REQUEST: JsonBounds = { depth: 32, nodes: 5000 };
/** Assigning this name replaces a prototype. Input is never merged, so `constructor` is safe. */
const FORBIDDEN = '__proto__';

const OPEN = /["{}[\],]/g;
const COLON = /\s*:/y;

const invalid = (message: string) => new AppError('invalid_input', message);

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * End of the string that starts at `from`. Scanned by hand: the backtracking of a pattern would grow with the string.
 */
function stringEnd(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at + 1;
    if (code === BACKSLASH) at += 1;
  }
  throw invalid('The body is not JSON.');
}

function checkName(literal: string, names: Set<string> | undefined) {
  let name: unknown;
  try {
    name = JSON.parse(literal);
  } catch {
    throw invalid('The body is not JSON.'); // no `cause`: the parser quotes the text it choked on
  }
  if (typeof name !== 'string' || name === FORBIDDEN) throw invalid('The body has a forbidden field name.');
  if (names?.has(name)) throw invalid('The body names a field twice.');
  names?.add(name);
}

/**
 * Rejects JSON that is too deep, has too many nodes, repeats a name or names a prototype.
 * @throws {AppError} `invalid_input`, never quoting the text
 */
function scanJson(text: string, bounds: JsonBounds): void {
  const open: (Set<string> | undefined)[] = [];
  let nodes = 1;
  OPEN.lastIndex = 0;
  for (let hit = OPEN.exec(text); hit; hit = OPEN.exec(text)) {
    const [mark] = hit;
    if (mark === '"') {
      const end = stringEnd(text, hit.index);
      COLON.lastIndex = end;
      if (COLON.test(text)) checkName(text.slice(hit.index, end), open.at(-1));
      OPEN.lastIndex = end;
    } else if (mark === '{' || mark === '[') {
      if (open.push(mark === '{' ? new Set() : undefined) > bounds.depth)
        throw invalid('The body is nested too deeply.');
      nodes += 1;
    } else if (mark === ',') {
      nodes += 1;
    } else {
      open.pop();
    }
    if (nodes > bounds.nodes) throw invalid('The body has too many values.');
  }
}

/**
 * Parses JSON input. The result has well-formed text and exact integers.
 * @throws {AppError} `invalid_input`, never quoting the text
 */
export function parseJson(text: string, bounds: JsonBounds = REQUEST): unknown {
  scanJson(text, bounds);
  try {
    return parseValues(text, bounds.values ?? 'exact');
  } catch (error) {
    throw error instanceof AppError ? error : invalid('The body is not JSON.'); // no `cause`, as above
  }
}
