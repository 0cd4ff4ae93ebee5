// AWS calls of each route and outcome, in order of name: test/e2e/aws-calls.test.ts compares them with those that are made, and
// `npm run cost` prices them. Without the look at the caller's session (once in ten seconds) and the reads of limits in force.
export const PINNED_AWS_CALLS: Readonly<Record<string, string>> = {
  'key stored': 'GenerateDataKey GenerateMac PutItem Query TransactWriteItems',
  'key stored twice': 'GenerateMac PutItem Query',
  'key of another provider': 'PutItem',
  'credential connected': 'GenerateDataKey GenerateMac PutItem Query TransactWriteItems',
  'keys listed': 'PutItem Query',
  'providers listed': 'PutItem Query',
  // keys, the caller's registered tools, everybody's
  'tools listed': 'PutItem Query Query Query',
  // one's own or everybody's: asked for at once
  'a registered tool that is not there': 'GetItem GetItem PutItem UpdateItem',
  time_now: 'PutItem UpdateItem',
  todo_create: 'TransactWriteItems UpdateItem',
  todo_list: 'PutItem Query UpdateItem',
  todo_complete: 'GetItem TransactWriteItems UpdateItem',
  'todo_complete, done already': 'GetItem PutItem UpdateItem',
  // a rejection is counted; the first of its kind, and every hundredth, is recorded too
  'bad arguments': 'PutItem UpdateItem',
  'todo_create with the first key': 'GetItem GetSecretValue TransactWriteItems UpdateItem',
  'todo_create with a key': 'GetItem TransactWriteItems UpdateItem',
  'todo_create with a key, again': 'GetItem PutItem UpdateItem',
  // the first call of a day opens its counts
  'ai_chat, cold key': 'Decrypt Query TransactWriteItems TransactWriteItems TransactWriteItems UpdateItem',
  'ai_chat, warm key': 'Query TransactWriteItems TransactWriteItems UpdateItem',
  'ai_chat, by preferences': 'GetItem Query TransactWriteItems TransactWriteItems UpdateItem',
  'ai_chat with a key': 'GetItem Query TransactWriteItems TransactWriteItems UpdateItem',
  'ai_chat with a key, again': 'GetItem PutItem UpdateItem',
  // cold: it runs in a function of its own
  'chat completion': 'Decrypt Query TransactWriteItems TransactWriteItems UpdateItem',
  'chat completion, streamed': 'Query TransactWriteItems TransactWriteItems UpdateItem',
  // the first request with a key reads the stage's secret
  'chat completion with a key':
    'Decrypt GetItem GetSecretValue Query TransactWriteItems TransactWriteItems UpdateItem',
  'chat completion with a key, again': 'GetItem PutItem UpdateItem',
  // cold: it runs in a function of its own
  // The claim of a computation and its entry; the stage secret once per instance. The read of the cache is a BatchGetItem.
  embeddings: 'Decrypt GetSecretValue PutItem PutItem Query TransactWriteItems TransactWriteItems UpdateItem',
  'embeddings, cached': 'PutItem',
  'embeddings, warm key': 'PutItem PutItem Query TransactWriteItems TransactWriteItems UpdateItem',
  responses: 'Decrypt Query TransactWriteItems TransactWriteItems UpdateItem',
  'responses, warm key': 'Query TransactWriteItems TransactWriteItems UpdateItem',
  messages: 'Decrypt Query TransactWriteItems TransactWriteItems UpdateItem',
  'messages, warm key': 'Query TransactWriteItems TransactWriteItems UpdateItem',
  'tokens counted, no call': 'PutItem Query UpdateItem',
  'models listed': 'PutItem Query',
  'model read': 'PutItem Query',
  ai_models: 'PutItem Query UpdateItem',
  // each is a call of its own, and so is the comparison
  'ai_compare of two':
    'PutItem Query Query TransactWriteItems TransactWriteItems TransactWriteItems TransactWriteItems UpdateItem, three or more',
  // the second read tells why there is no key, the third what else there is
  'ai_chat, no key': 'PutItem Query Query Query UpdateItem',
  'usage read': 'GetItem PutItem',
  usage_status: 'GetItem PutItem UpdateItem',
  'preferences read': 'GetItem PutItem',
  'preferences set': 'GetItem TransactWriteItems',
  'ai_chat, own budget not known yet':
    'Query TransactWriteItems TransactWriteItems TransactWriteItems UpdateItem',
  'ai_chat, own budget': 'Query TransactWriteItems TransactWriteItems UpdateItem',
  'ai_chat, no money left': 'PutItem Query TransactWriteItems UpdateItem',
  'limits read': 'GetItem PutItem',
  'limits changed': 'TransactWriteItems',
  'limits changed on an old version': 'PutItem TransactWriteItems',
  'usage history read': 'PutItem Query Query Query Query Query',
  'usage history of last year read': 'PutItem Query',
  'audit read': 'PutItem Query Query',
  // A day has four partitions, each read for the page and for the count.
  'audit of all read, one day': 'PutItem Query Query Query Query Query Query Query Query',
  'sessions listed': 'PutItem Query',
  'session ended, unknown': 'PutItem TransactWriteItems UpdateItem',
  'notices listed': 'PutItem Query',
  'notice read, unknown': 'PutItem TransactWriteItems UpdateItem',
  'receipts read': 'PutItem Query Query Query',
  'key validated, asked a moment ago': 'PutItem Query',
  'key rotated': 'GenerateDataKey GenerateMac PutItem Query TransactWriteItems',
  'key rotated to what it is': 'GenerateMac PutItem Query',
  'key rotated to one its provider rejects': 'GenerateMac PutItem PutItem Query',
  'key rotated to one of another provider': 'PutItem',
  'key rolled back': 'Query TransactWriteItems',
  'key validated, cold key': 'Decrypt PutItem Query TransactWriteItems',
  'key validated, warm key': 'PutItem Query TransactWriteItems',
  'key frozen': 'Query TransactWriteItems',
  'key frozen twice': 'PutItem Query',
  'ai_chat, frozen key': 'PutItem Query Query Query UpdateItem',
  'key unfrozen': 'Query TransactWriteItems',
  'key labelled': 'Query TransactWriteItems',
  'second key stored': 'GenerateDataKey GenerateMac PutItem Query TransactWriteItems',
  'keys ordered': 'Query TransactWriteItems',
  'keys ordered as they are': 'PutItem Query',
  "somebody else's key frozen": 'PutItem Query UpdateItem',
  'key deleted': 'TransactWriteItems',
  'key deleted twice': 'PutItem TransactWriteItems UpdateItem',
  'receipts of a deleted key read': 'PutItem Query Query Query Query',
  // the stage's secret is read once by each instance
  'personal token created': 'GetSecretValue Query TransactWriteItems',
  'personal tokens listed': 'PutItem Query Query',
  // one read, and a note of its first use beside the route's own read and record
  'personal token used, the first one of an instance': 'GetItem GetItem GetSecretValue PutItem UpdateItem',
  'personal token used again': 'GetItem PutItem',
  'personal token used where no verdict is cached': 'PutItem Query',
  'mistyped personal token': 'PutItem UpdateItem',
  // the token is read and its first use noted; the ledger does not count it yet, which the first attempt tells
  'chat completion by a token with a budget, its first':
    'GetItem Query TransactWriteItems TransactWriteItems TransactWriteItems UpdateItem UpdateItem',
  'chat completion by a token with a budget': 'Query TransactWriteItems TransactWriteItems UpdateItem',
  'chat completion by a token whose budget is used up': 'PutItem Query TransactWriteItems UpdateItem',
  'personal token revoked': 'TransactWriteItems',
  'account erased':
    'GetItem Query Query Query Query Query Query Query Query Query Query Query Query Query Query Query Query Query TransactWriteItems TransactWriteItems TransactWriteItems TransactWriteItems TransactWriteItems TransactWriteItems TransactWriteItems',
  'no token': '',
  'bad token': 'PutItem UpdateItem',
  health: '',
  openapi: '',
};
