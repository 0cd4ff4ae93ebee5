// Operations that the cases need, on a client of the official SDKs; other packages hand such a client out.

/** @param schemaArgument version 1 takes a schema of the result before the options of a call */
export const sdkConnection = (client, { schemaArgument = false } = {}) => ({
  tools: async () => (await client.listTools()).tools.map(({ name }) => name),
  call(name, args, onprogress) {
    const options = onprogress ? { onprogress } : {};
    const params = { name, arguments: args };
    return schemaArgument ? client.callTool(params, undefined, options) : client.callTool(params, options);
  },
  resources: async () => (await client.listResources()).resources,
  read: (uri) => client.readResource({ uri }),
  prompts: async () => (await client.listPrompts()).prompts,
  prompt: (name, args) => client.getPrompt({ name, arguments: args }),
  close: () => client.close(),
});
