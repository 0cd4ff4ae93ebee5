// Users of a Cognito pool and their roles, which are groups.
import {
  AdminAddUserToGroupCommand,
  AdminCreateUserCommand,
  AdminDeleteUserCommand,
  AdminListGroupsForUserCommand,
  AdminRemoveUserFromGroupCommand,
  AdminUserGlobalSignOutCommand,
  type CognitoIdentityProviderClient,
  paginateListUsers,
  type UserType,
} from '@aws-sdk/client-cognito-identity-provider';

export const ROLES = ['user', 'auditor', 'operator', 'admin'];

export type DirectoryUser = {
  readonly email: string;
  readonly roles: readonly string[];
  readonly state: string;
};
export type UserDirectory = {
  readonly list: () => Promise<DirectoryUser[]>;
  /** Sends an invitation. */
  readonly add: (email: string, roles: readonly string[]) => Promise<void>;
  readonly setRoles: (email: string, roles: readonly string[]) => Promise<void>;
  /** Ends their refresh tokens first. */
  readonly remove: (email: string) => Promise<void>;
};

function checkRoles(roles: readonly string[]): void {
  const unknown = roles.filter((role) => !ROLES.includes(role));
  if (unknown.length > 0) throw new Error(`There is no role ${unknown.join(', ')}: ${ROLES.join(', ')}.`);
}

const emailOf = ({ Attributes = [], Username = '' }: UserType): string =>
  Attributes.find(({ Name }) => Name === 'email')?.Value ?? Username;

export function createUserDirectory(
  cognito: CognitoIdentityProviderClient,
  UserPoolId: string,
): UserDirectory {
  const groupsOf = async (Username: string): Promise<string[]> => {
    const { Groups = [] } = await cognito.send(new AdminListGroupsForUserCommand({ UserPoolId, Username }));
    return Groups.map(({ GroupName = '' }) => GroupName);
  };
  const join = (Username: string, GroupName: string) =>
    cognito.send(new AdminAddUserToGroupCommand({ UserPoolId, Username, GroupName }));
  const leave = (Username: string, GroupName: string) =>
    cognito.send(new AdminRemoveUserFromGroupCommand({ UserPoolId, Username, GroupName }));

  return {
    async list() {
      const users: DirectoryUser[] = [];
      for await (const { Users = [] } of paginateListUsers({ client: cognito }, { UserPoolId })) {
        for (const user of Users) {
          const { Username = '', UserStatus = '', Enabled } = user;
          const state = Enabled === false ? 'disabled' : UserStatus.toLowerCase();
          users.push({ email: emailOf(user), roles: await groupsOf(Username), state });
        }
      }
      return users;
    },

    async add(email, roles) {
      checkRoles(roles);
      await cognito.send(
        new AdminCreateUserCommand({
          UserPoolId,
          Username: email,
          DesiredDeliveryMediums: ['EMAIL'],
          UserAttributes: [
            { Name: 'email', Value: email },
            { Name: 'email_verified', Value: 'true' },
          ],
        }),
      );
      for (const role of roles) await join(email, role);
    },

    async setRoles(email, roles) {
      checkRoles(roles);
      const before = await groupsOf(email);
      for (const role of roles) if (!before.includes(role)) await join(email, role);
      for (const role of before) if (!roles.includes(role)) await leave(email, role);
    },

    async remove(email) {
      await cognito.send(new AdminUserGlobalSignOutCommand({ UserPoolId, Username: email }));
      await cognito.send(new AdminDeleteUserCommand({ UserPoolId, Username: email }));
    },
  };
}
