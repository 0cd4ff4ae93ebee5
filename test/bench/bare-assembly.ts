// The product's assembly with one bundle replaced: what a request costs on this stack when the function does nothing.
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

type Assets = { readonly files: Record<string, { displayName: string; source: { path: string } }> };

export const EMPTY_HANDLER = `exports.handler = async () => ({ statusCode: 200, headers: {}, body: '{}' });\n`;

/** Copies `assembly` to `target` and puts `source` in the place of the function `name`. */
export function replaceBundle(
  assembly: string,
  target: string,
  replaced: { name: string; source: string },
): void {
  cpSync(assembly, target, { recursive: true });
  const manifests = readdirSync(target).filter((file) => file.endsWith('.assets.json'));
  const folders = manifests.flatMap((file) => {
    const { files } = JSON.parse(readFileSync(join(target, file), 'utf8')) as Assets;
    const own = Object.values(files).filter(({ displayName }) => displayName === `${replaced.name}/Code`);
    return own.map(({ source }) => source.path);
  });
  const [folder] = folders;
  if (folder === undefined) throw new Error(`The assembly holds no function called ${replaced.name}.`);
  writeFileSync(join(target, folder, 'index.js'), replaced.source);
}
