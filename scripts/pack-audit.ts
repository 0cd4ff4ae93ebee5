// Bundles scripts/audit.ts into one file without dependencies.
import { build } from 'esbuild';

export async function packAudit(outfile: string): Promise<void> {
  await build({
    entryPoints: [new URL('./audit.ts', import.meta.url).pathname],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    minify: false,
    external: ['./pack-audit.ts', 'esbuild'],
    banner: { js: '#!/usr/bin/env node' },
  });
}
