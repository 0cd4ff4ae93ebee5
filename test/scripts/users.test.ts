// No emulator of Cognito's administration stands here: the calls are compared with the documented ones.
import {
  AdminAddUserToGroupCommand,
  AdminCreateUserCommand,
  AdminDeleteUserCommand,
  AdminListGroupsForUserCommand,
  AdminRemoveUserFromGroupCommand,
  AdminUserGlobalSignOutCommand,
  CognitoIdentityProviderClient,
  ListUsersCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';

import { ROLES } from '#shared/auth/scopes.ts';
import { createUserDirectory, ROLES as DIRECTORY_ROLES } from '#scripts/user-directory.ts';

const cognito = mockClient(CognitoIdentityProviderClient);
const directory = createUserDirectory(new CognitoIdentityProviderClient({ region: 'eu-central-1' }), 'pool');
const callsOf = () => cognito.calls().map(({ args: [command] }) => [command.constructor.name, command.input]);
const groups = (...names: string[]) => ({ Groups: names.map((GroupName) => ({ GroupName })) });

const user = (name: string, Enabled = true) => ({
  Username: name,
  Enabled,
  UserStatus: 'CONFIRMED' as const,
  Attributes: [{ Name: 'email', Value: `${name}@example.org` }],
});

beforeEach(() => void cognito.reset());

describe('the users of a stage', () => {
  it('know the roles of the product', () => {
    expect(DIRECTORY_ROLES).toEqual([...ROLES]);
  });

  it('are invited by e-mail, verified, with their roles', async () => {
    await directory.add('alice@example.org', ['user', 'admin']);
    expect(callsOf()).toMatchObject([
      [
        AdminCreateUserCommand.name,
        {
          UserPoolId: 'pool',
          Username: 'alice@example.org',
          DesiredDeliveryMediums: ['EMAIL'],
          UserAttributes: expect.arrayContaining([{ Name: 'email_verified', Value: 'true' }]),
        },
      ],
      [AdminAddUserToGroupCommand.name, { Username: 'alice@example.org', GroupName: 'user' }],
      [AdminAddUserToGroupCommand.name, { Username: 'alice@example.org', GroupName: 'admin' }],
    ]);
  });

  it('are not created with a role that does not exist', async () => {
    await expect(directory.add('alice@example.org', ['root'])).rejects.toThrow(/no role root: user, auditor/);
    expect(callsOf()).toEqual([]);
  });

  it('get the new roles before they lose the others', async () => {
    cognito.on(AdminListGroupsForUserCommand).resolves(groups('user', 'admin'));
    await directory.setRoles('alice@example.org', ['user', 'auditor']);
    expect(callsOf().slice(1)).toMatchObject([
      [AdminAddUserToGroupCommand.name, { GroupName: 'auditor' }],
      [AdminRemoveUserFromGroupCommand.name, { GroupName: 'admin' }],
    ]);
  });

  it('are signed out before they are deleted', async () => {
    await directory.remove('alice@example.org');
    expect(callsOf().map(([name]) => name)).toEqual([
      AdminUserGlobalSignOutCommand.name,
      AdminDeleteUserCommand.name,
    ]);
  });

  it('are listed over all pages', async () => {
    cognito
      .on(ListUsersCommand)
      .resolvesOnce({ Users: [user('alice')], PaginationToken: 'more' })
      .resolvesOnce({ Users: [user('bob', false)] });
    cognito.on(AdminListGroupsForUserCommand).resolves(groups('user'));
    await expect(directory.list()).resolves.toEqual([
      { email: 'alice@example.org', roles: ['user'], state: 'confirmed' },
      { email: 'bob@example.org', roles: ['user'], state: 'disabled' },
    ]);
  });
});
