// The clients and servers of `npm run test:clients`: a row each.
import type { Kind } from './matrix.ts';

export type Client = {
  readonly id: string;
  readonly kind: Kind;
  /** Folder under packages/ that declares and locks it. */
  readonly group: string;
  /** The package whose version is shown; also the specifier that the script imports, where majors share one script. */
  readonly module: string;
  readonly title: string;
  /** Cases of the client, in its own process. Absent for upstream servers. */
  readonly script?: string;
  /** Cases that fail by the client's own fault, with the reason. One that passes fails the run as stale. */
  readonly faults?: Readonly<Record<string, string>>;
};

export const CLIENTS: readonly Client[] = [
  {
    id: 'openai-5',
    kind: 'models',
    group: 'openai',
    module: 'openai-5',
    title: '`openai`',
    script: 'models/openai.mjs',
  },
  {
    id: 'openai-6',
    kind: 'models',
    group: 'openai',
    module: 'openai-6',
    title: '`openai`',
    script: 'models/openai.mjs',
  },
  {
    id: 'openai-7',
    kind: 'models',
    group: 'openai',
    module: 'openai-7',
    title: '`openai`',
    script: 'models/openai.mjs',
  },
  {
    id: 'anthropic',
    kind: 'models',
    group: 'openai',
    module: '@anthropic-ai/sdk',
    title: '`@anthropic-ai/sdk`',
    script: 'models/anthropic.mjs',
  },
];
