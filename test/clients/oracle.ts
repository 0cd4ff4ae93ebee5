// The provider packages of the Vercel AI SDK as an oracle: the same conversation goes through them and through our translation,
// and the bodies are compared. Prints every difference with its reason; one without a reason ends the run with status 1.
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { adapterFor } from '#shared/providers/adapters.ts';
import { ChatBody, chatRequestOf } from '#shared/providers/chat-request.ts';

import { CONVERSATIONS, REASONS } from './oracle-cases.ts';
import { folderOf, install } from './install.ts';

type Json = Readonly<Record<string, unknown>>;
type Model = { readonly doGenerate: (options: Json) => Promise<unknown> };
type Create = (options: Json) => (model: string) => Model;

const PROVIDERS = [
  ['anthropic', '@ai-sdk/anthropic', 'createAnthropic', 'claude-sonnet-4-5'],
  ['google', '@ai-sdk/google', 'createGoogleGenerativeAI', 'gemini-2.5-flash'],
  ['mistral', '@ai-sdk/mistral', 'createMistral', 'mistral-small-2603'],
] as const;

const print = (line: string) => void process.stdout.write(`${line}\n`);

/** Values by their paths. */
function leavesOf(value: unknown, path: string): [string, string][] {
  if (typeof value !== 'object' || value === null)
    return value === undefined ? [] : [[path, JSON.stringify(value)]];
  const entries = Object.entries(value);
  if (entries.length === 0) return [[path, Array.isArray(value) ? '[]' : '{}']];
  return entries.flatMap(([name, one]) => leavesOf(one, path === '' ? name : `${path}.${name}`));
}

async function oracleBody(provider: (typeof PROVIDERS)[number], prompt: Json): Promise<unknown> {
  const [, name, create, model] = provider;
  const require = createRequire(join(folderOf('oracle'), 'package.json'));
  const { [create]: factory } = require(name) as Record<string, Create>;
  let body: unknown;
  const capture = async (_url: unknown, { body: sent }: { body: string }) => {
    body = JSON.parse(sent);
    throw new Error('captured');
  };
  await factory?.({ apiKey: 'k', fetch: capture })(model)
    .doGenerate(prompt)
    .catch(() => undefined);
  return body;
}

async function ownBody(id: string, model: string, chat: Json): Promise<unknown> {
  const adapter = await adapterFor(id);
  const parsed = ChatBody.parse({ ...chat, model });
  const translated = adapter?.translate({ ...chatRequestOf(parsed), model }, false);
  return JSON.parse(JSON.stringify(translated?.body));
}

const reasonOf = (id: string, path: string): string | undefined =>
  REASONS.find(([provider, pattern]) => (provider === id || provider === '*') && pattern.test(path))?.[2];

function compare(id: string, title: string, ours: unknown, theirs: unknown): boolean {
  const [own, other] = [new Map(leavesOf(ours, '')), new Map(leavesOf(theirs, ''))];
  const paths = [...new Set([...own.keys(), ...other.keys()])].filter(
    (path) => own.get(path) !== other.get(path),
  );
  let explained = true;
  for (const path of paths) {
    const reason = reasonOf(id, path);
    explained &&= reason !== undefined;
    print(
      `| ${id} | ${title} | \`${path}\` | ${own.get(path) ?? '–'} | ${other.get(path) ?? '–'} | ${reason ?? '**not explained**'} |`,
    );
  }
  if (paths.length === 0) print(`| ${id} | ${title} | – | same | same | |`);
  return explained;
}

await install('oracle', print);
print('| provider | conversation | path | ours | theirs | reason |\n| --- | --- | --- | --- | --- | --- |');
let isExplained = true;
for (const provider of PROVIDERS) {
  const [id, , , model] = provider;
  for (const [title, chat, prompt] of CONVERSATIONS) {
    const [ours, theirs] = [await ownBody(id, model, chat), await oracleBody(provider, prompt)];
    isExplained = compare(id, title, ours, theirs) && isExplained;
  }
}
if (!isExplained) process.exitCode = 1;
