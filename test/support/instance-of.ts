// For tests that kill one Lambda instance in the middle of its work.
import { readdir, readFile } from 'node:fs/promises';

/** The process in which a function of this stack runs: a child of this test. */
export async function instanceOf(functionName: string): Promise<number | undefined> {
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
