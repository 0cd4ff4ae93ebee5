// Finds import cycles, type-only imports included: the linter's rule ignores those.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { parseArgs } from 'node:util';

const FOLDERS = ['examples', 'functions', 'infra', 'local', 'scripts', 'shared', 'test'];

/** `from '…'`, `import '…'` and `import('…')` of a file of ours. */
const SPECIFIER = /(?:\bfrom|\bimport)\s*\(?\s*['"]([.#][^'"]+\.ts)['"]/g;

/** File → files it imports, as paths below the root. */
type Imports = ReadonlyMap<string, readonly string[]>;

export function importsIn(file: string, text: string): string[] {
  return [...text.matchAll(SPECIFIER)].map(([, specifier = '']) =>
    specifier.startsWith('#') ? specifier.slice(1) : join(dirname(file), specifier),
  );
}

/** Each set of two or more files that import each other, and each file that imports itself: Tarjan's algorithm. */
export function cyclesIn(imports: Imports): string[][] {
  const cycles: string[][] = [];
  const order = new Map<string, number>();
  const stack: string[] = [];

  /** @returns the earliest file that is reachable from this one and still on the stack, by its order */
  function visit(file: string): number {
    const known = order.get(file);
    if (known !== undefined) return stack.includes(file) ? known : Infinity;
    const own = order.size;
    order.set(file, own);
    stack.push(file);
    const targets = (imports.get(file) ?? []).filter((target) => imports.has(target));
    const lowest = Math.min(own, ...targets.map(visit));
    if (lowest < own) return lowest;
    const members = stack.splice(stack.indexOf(file));
    if (members.length > 1 || targets.includes(file)) cycles.push(members.toSorted());
    return Infinity;
  }

  for (const file of imports.keys()) visit(file);
  return cycles;
}

function readImports(root: string): Imports {
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
      .map((entry) => relative(root, join(entry.parentPath, entry.name))),
  );
  return new Map(files.map((file) => [file, importsIn(file, readFileSync(join(root, file), 'utf8'))]));
}

const HELP = `Usage: node scripts/check-cycles.ts

Fails if source files import each other in a circle, types included, and prints the files of each circle.

  --help   show this text`;

function main(): void {
  const { values } = parseArgs({ options: { help: { type: 'boolean' } } });
  if (values.help) {
    console.log(HELP);
    return;
  }
  const imports = readImports(join(import.meta.dirname, '..'));
  const cycles = cyclesIn(imports);
  for (const files of cycles) console.error(`Import cycle:\n  ${files.join('\n  ')}`);
  if (cycles.length > 0) process.exitCode = 1;
  else console.log(`No import cycles in ${imports.size} files.`);
}

if (import.meta.main) main();
