// Runs the cases of one client in its own process, and reports each outcome to the run.
import { setTimeout as sleep } from 'node:timers/promises';

/** Arguments of a client: addresses, tokens, models, and the folder where it is installed. */
export const given = JSON.parse(process.env.PORTUNUS_CLIENT);

const CASE_LIMIT_MS = 60_000;
const REASON_LENGTH = 300;

class Unsupported extends Error {}
class NotRun extends Error {}

/** A case that the client cannot do, with the reason. */
export const unsupported = (reason) => () => {
  throw new Unsupported(reason);
};

/** A case that is not tried, with the reason. */
export const notRun = (reason) => () => {
  throw new NotRun(reason);
};

const reasonOf = (error) => {
  const text = error instanceof Error ? error.message : String(error);
  return text.replaceAll(/\s+/g, ' ').slice(0, REASON_LENGTH);
};

const explain = (error) => given.verbose && process.stderr.write(`${error?.stack ?? error}\n`);

async function outcomeOf(work) {
  const late = sleep(CASE_LIMIT_MS, undefined, { ref: false }).then(() => {
    throw new Error('The case did not end in time.');
  });
  try {
    const note = await Promise.race([work(), late]);
    return { outcome: 'passed', ...(typeof note === 'string' && { reason: note }) };
  } catch (error) {
    if (error instanceof Unsupported) return { outcome: 'unsupported', reason: error.message };
    if (error instanceof NotRun) return { outcome: 'not run', reason: error.message };
    explain(error);
    return { outcome: 'failed', reason: reasonOf(error) };
  }
}

/** Runs the cases in their order and ends the process. A case may return a note for the matrix. */
export async function run(cases) {
  for (const [name, work] of Object.entries(cases)) {
    if (given.cases !== undefined && !given.cases.includes(name)) continue;
    process.send({ case: name, ...(await outcomeOf(work)) });
  }
  process.disconnect();
  await sleep(100);
  process.exit();
}

/** Runs a case with a model of each provider; a failure names the provider. */
export const withEach =
  (work, providers = given.providers) =>
  async () => {
    let note;
    for (const provider of providers) {
      try {
        note = await work(given.models[provider], provider);
      } catch (error) {
        explain(error);
        throw new Error(`${provider}: ${reasonOf(error)}`);
      }
    }
    return note;
  };

let questions = 0;

/** Asks the run whether a request with this text has reached a provider. Undefined where it cannot know. */
export async function providerReceived(text) {
  questions += 1;
  const id = questions;
  return new Promise((resolve) => {
    process.on('message', function hear(message) {
      if (message.answerTo !== id) return;
      process.off('message', hear);
      resolve(message.value);
    });
    process.send({ question: id, text });
  });
}
