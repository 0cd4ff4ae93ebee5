// Templates with something missing: what a careless change to a role would do.

type Statement = { Action: string | string[]; Effect: string };

/** Takes one action out of the role of one function. */
export const without =
  (functionName: string, action: string) =>
  (templates: Record<string, { Resources: Record<string, { Type: string; Properties?: unknown }> }>) => {
    let taken = 0;
    for (const { Resources } of Object.values(templates)) {
      for (const [id, { Properties }] of Object.entries(Resources)) {
        if (!id.toLowerCase().replaceAll('-', '').startsWith(functionName.replaceAll('-', ''))) continue;
        const { PolicyDocument } = (Properties ?? {}) as { PolicyDocument?: { Statement: Statement[] } };
        if (!PolicyDocument) continue;
        const kept = PolicyDocument.Statement.filter(({ Action }) => ![Action].flat().includes(action));
        taken += PolicyDocument.Statement.length - kept.length;
        PolicyDocument.Statement = kept;
      }
    }
    if (taken === 0) throw new Error(`${functionName} has no ${action} to take away.`);
  };
