// The process of a Lambda instance, for tests that kill it during an event or measure it.
import { readdir, readFile } from 'node:fs/promises';

/** Finds a child process of this test that runs the function. */
export async function findInstancePid(functionName: string): Promise<number | undefined> {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const [stat, environ] = await Promise.all(
      ['stat', 'environ'].map((file) => readFile(`/proc/${pid}/${file}`, 'latin1').catch(() => '')),
    );
    const parent = Number(stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    if (parent === process.pid && environ?.includes(`AWS_LAMBDA_FUNCTION_NAME=${functionName}\0`)) {
      return Number(pid);
    }
  }
  return undefined;
}
