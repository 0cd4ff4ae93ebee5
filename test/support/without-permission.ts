// Changes to a template that a careless edit of a role would make: `mutate` of the stack.

type Statement = { Action: string | string[]; Effect: string };
type RoleProperties = { Policies?: { PolicyDocument: { Statement: Statement[] } }[] };

/** Removes one action from the role of one function. */
export const withoutPermission =
  (functionName: string, action: string) =>
  (templates: Record<string, { Resources: Record<string, { Type: string; Properties?: unknown }> }>) => {
    let removed = 0;
    for (const { Resources } of Object.values(templates)) {
      for (const [id, { Properties }] of Object.entries(Resources)) {
        if (!id.startsWith(`${functionName.replaceAll('-', '')}role`)) continue;
        for (const { PolicyDocument } of (Properties as RoleProperties).Policies ?? []) {
          const kept = PolicyDocument.Statement.filter(({ Action }) => ![Action].flat().includes(action));
          removed += PolicyDocument.Statement.length - kept.length;
          PolicyDocument.Statement = kept;
        }
      }
    }
    if (removed === 0) throw new Error(`${functionName} has no permission ${action}.`);
  };
