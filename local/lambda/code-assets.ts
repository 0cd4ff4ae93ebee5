// Locates the code assets of the assembly that a template names by S3 key.
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

import * as z from 'zod';

const Manifest = z.object({
  files: z.record(
    z.string(),
    z.object({
      source: z.object({ path: z.string(), packaging: z.enum(['zip', 'file']) }),
      destinations: z.record(z.string(), z.object({ objectKey: z.string() })),
    }),
  ),
});

/** Reads every `<stack>.assets.json` of the assembly, nested stages included, on the first unknown key. */
export function createCodeAssets(assembly: string): (s3Key: string) => string {
  let folders = new Map<string, string>();
  return (s3Key) => {
    if (!folders.has(s3Key)) folders = readFolders(assembly);
    const folder = folders.get(s3Key);
    if (folder === undefined) throw new Error(`The assembly holds no code for ${s3Key}.`);
    return folder;
  };
}

function readFolders(assembly: string): Map<string, string> {
  const folders = new Map<string, string>();
  for (const file of globSync(['*.assets.json', 'assembly-*/*.assets.json'], { cwd: assembly })) {
    const manifest = path.resolve(assembly, file);
    const { files } = Manifest.parse(JSON.parse(readFileSync(manifest, 'utf8')));
    for (const { source, destinations } of Object.values(files)) {
      if (source.packaging !== 'zip') continue; // templates, and archives made elsewhere
      const folder = path.resolve(path.dirname(manifest), source.path);
      for (const { objectKey } of Object.values(destinations)) folders.set(objectKey, folder);
    }
  }
  return folders;
}
