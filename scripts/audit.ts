// `npm run audit -- verify <folder>`: verifies exported audit logs offline. Also built as a single file: `npm run audit -- pack`.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { type CheckpointKey, checkpointKey } from '#shared/audit/checkpoint.ts';
import { isValidReceipt, Receipt } from '#shared/audit/receipt.ts';

import { type FolderReport, verifyFolder } from './audit-folder.ts';

const HELP = `Usage: audit verify <folder> --key <file> --origin <name> [options]
       audit receipt <file> --key <file> --origin <name>
       npm run audit -- pack --out <file>

verify   verifies a copy of the audit bucket (exports/ and log/) and names the first bad record and the kind of damage
receipt  verifies an inclusion receipt
pack     writes this command as one file, which needs Node.js alone: for auditors

  --key <file>         public key of the log (PEM)
  --origin <name>      name of the log, such as portunus-prod/audit
  --from <index>       first index, if earlier records have expired (default 0)
  --checkpoint <file>  checkpoint from elsewhere, which the log must contain
  --json               prints the report as JSON
  --help               show this text

Reads the given files and nothing else. Exit status: 0 sound, 1 damaged, 2 wrong call. docs/formats.md has all formats.`;

const OPTIONS = {
  key: { type: 'string' },
  origin: { type: 'string' },
  from: { type: 'string', default: '0' },
  checkpoint: { type: 'string' },
  out: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

const print = (text: string) => process.stdout.write(`${text}\n`);
const PROGRESS_MS = 1000;

class UsageError extends Error {}

function required(value: string | undefined, name: string): string {
  if (value !== undefined) return value;
  throw new UsageError(`Missing ${name}.\n\n${HELP}`);
}

/** Progress on standard error, so that standard output is the report alone. */
function createProgress() {
  const startMs = performance.now();
  let nextMs = startMs + PROGRESS_MS;
  return (size: number) => {
    const now = performance.now();
    if (now < nextMs) return;
    nextMs = now + PROGRESS_MS;
    process.stderr.write(`${size} records verified, ${Math.round(size / ((now - startMs) / 1000))}/s\n`);
  };
}

function describeReport({ records, size, time, damage }: FolderReport, from: number): string {
  if (!damage) {
    const range = records === 0 ? 'No record' : `${records} records, index ${from} to ${size - 1}`;
    return `Sound: ${range}; the last checkpoint is of ${time ?? 'no time'}.`;
  }
  const { kind, index, eventId } = damage;
  const id = eventId === undefined ? '' : ` (event id ${eventId})`;
  return `DAMAGED: ${kind} at index ${index}${id}. ${size} records before it were compared with their checkpoints.`;
}

function verifyCommand(
  folder: string,
  key: CheckpointKey,
  options: { from: number; held?: string | undefined; json: boolean },
): number {
  const { from, held, json } = options;
  const report = verifyFolder(folder, key, { from, held, onProgress: createProgress() });
  print(json ? JSON.stringify(report) : describeReport(report, from));
  return report.damage ? 1 : 0;
}

function receiptCommand(file: string, key: CheckpointKey): number {
  const receipt = Receipt.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  const isValid = receipt.success && isValidReceipt(receipt.data, key);
  print(isValid ? 'Valid: the record is in the signed log.' : 'INVALID receipt.');
  return isValid ? 0 : 1;
}

async function packCommand(out: string): Promise<number> {
  const { packAudit } = await import('./pack-audit.ts');
  await packAudit(out);
  print(`Written: ${out}. Run it with: node ${out} verify <folder> --key <file> --origin <name>`);
  return 0;
}

const parse = (args: string[]) => parseArgs({ args, allowPositionals: true, options: OPTIONS });
type Values = ReturnType<typeof parse>['values'];

function readKey({ key, origin }: Values): CheckpointKey {
  const pem = readFileSync(required(key, '--key'), 'utf8');
  return checkpointKey(required(origin, '--origin'), pem);
}

function readFrom({ from }: Values): number {
  const index = Number(from);
  if (Number.isSafeInteger(index) && index >= 0) return index;
  throw new UsageError('--from is not an index.');
}

function runCommand(command: string, subject: string | undefined, values: Values): Promise<number> | number {
  switch (command) {
    case 'pack':
      return packCommand(required(values.out, '--out'));
    case 'receipt':
      return receiptCommand(required(subject, '<file>'), readKey(values));
    case 'verify': {
      const held = values.checkpoint === undefined ? undefined : readFileSync(values.checkpoint, 'utf8');
      const { json } = values;
      return verifyCommand(required(subject, '<folder>'), readKey(values), {
        from: readFrom(values),
        held,
        json,
      });
    }
    default:
      throw new UsageError(`No command ${command}.\n\n${HELP}`);
  }
}

async function run(args: string[]): Promise<number> {
  const { values, positionals } = parse(args);
  const [command, subject] = positionals;
  if (!values.help && command !== undefined) return runCommand(command, subject, values);
  print(HELP);
  return values.help ? 0 : 2;
}

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
