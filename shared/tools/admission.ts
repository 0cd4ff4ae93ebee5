// Admission is a write, and what a tool reads first is another call of the store: where it may, the one does not wait for the other.
import type { Tool, ToolCall } from './tool.ts';

/** A tool that works with a key reads which there are before it begins: that need not wait. */
export const readsFirst = ({ requiresKey }: Pick<Tool, 'requiresKey'>): boolean => requiresKey !== undefined;

/**
 * A tool that runs while its caller is being admitted. Until then it can only read: it neither begins nor calls another tool
 * before. An error of admission takes precedence over the outcome of the tool.
 * @param admitted its failure is handled once the tool runs
 */
export const whileAdmitting =
  (admitted: Promise<void>, { run }: Pick<Tool, 'run'>): Tool['run'] =>
  async (input, call) => {
    const begin: ToolCall['begin'] = async (intent) => {
      await admitted;
      return call.begin(intent);
    };
    const also: ToolCall['also'] = async (name, parameters) => {
      await admitted;
      return call.also(name, parameters);
    };
    // A tool that throws before it returns a promise must not leave a rejected admission behind.
    const start = async () => run(input, { ...call, begin, also });
    const [admission, ran] = await Promise.allSettled([admitted, start()]);
    if (admission.status === 'rejected') throw admission.reason;
    if (ran.status === 'rejected') throw ran.reason;
    return ran.value;
  };
