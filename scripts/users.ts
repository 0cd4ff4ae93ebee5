// `npm run users -- --stage dev add alice@example.org`: people of a stage's own Cognito pool, and their roles.
import { parseArgs } from 'node:util';

import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider';

import { checkStage, clientOptions, outputNamed, stackOutputs } from './deployed-stage.ts';
import { createUserDirectory, ROLES, type UserDirectory } from './user-directory.ts';

const HELP = `Usage: npm run users -- --stage <stage> <command>

People who may sign in at a stage's own Cognito pool. A role is a group of the pool.

  list                               everybody, with roles and state
  add <e-mail> [--roles <roles>]     sends an invitation with a temporary password (default role: user)
  roles <e-mail> --roles <roles>     exactly these roles from the next sign-in on
  remove <e-mail>                    signs them out and deletes them; their data stays until DELETE /account

  --stage <stage>    dev or prod
  --roles <roles>    separated by commas: ${ROLES.join(', ')}
  --help             show this text`;

type Order = {
  readonly stage: string;
  readonly command: string;
  readonly email: string;
  readonly roles: string[] | undefined;
};

const NEEDS_EMAIL = ['add', 'roles', 'remove'];

const isCommand = (command: string, email: string): boolean =>
  NEEDS_EMAIL.includes(command) ? email.includes('@') : command === 'list' && email === '';

function orderFrom(args: string[]): Order | undefined {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      stage: { type: 'string' },
      roles: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const [command = '', email = '', ...more] = positionals;
  if (values.stage === undefined) throw new Error(`Name a --stage.\n\n${HELP}`);
  if (!isCommand(command, email) || more.length > 0) throw new Error(`No such command.\n\n${HELP}`);
  if (command === 'roles' && values.roles === undefined) throw new Error(`Name the --roles.\n\n${HELP}`);
  checkStage(values.stage);
  return { stage: values.stage, command, email, roles: values.roles?.split(',') };
}

async function execute({ command, email, roles }: Order, directory: UserDirectory): Promise<string> {
  switch (command) {
    case 'add':
      await directory.add(email, roles ?? ['user']);
      return `${email} is invited by e-mail.`;
    case 'roles':
      await directory.setRoles(email, roles ?? []);
      return `${email} has the roles ${roles?.join(', ')} from the next sign-in on.`;
    case 'remove':
      await directory.remove(email);
      return `${email} is signed out and deleted. Tokens issued until now end within 15 minutes.`;
    default:
      return (await directory.list())
        .map(({ email: name, roles: own, state }) => `${name}  ${own.join(',') || '(no role)'}  ${state}`)
        .join('\n');
  }
}

async function main(): Promise<void> {
  const order = orderFrom(process.argv.slice(2));
  if (!order) {
    console.log(HELP);
    return;
  }
  const outputs = await stackOutputs(order.stage, 'Identity');
  const cognito = new CognitoIdentityProviderClient(clientOptions(order.stage));
  const directory = createUserDirectory(cognito, outputNamed(outputs, 'UserPoolId'));
  console.log(await execute(order, directory));
}

try {
  await main();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
