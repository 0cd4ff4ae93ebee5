// Faults that tests ask for: what AWS does rarely, and no local engine does at all.

export type FaultCall = { readonly caller: string; readonly service: string; readonly operation: string };

export type Fault =
  /** Answers with an AWS error; the call never reaches the engine. `extra` joins the body, as CancellationReasons do. */
  | {
      readonly kind: 'refuse';
      readonly status: number;
      readonly type: string;
      readonly message: string;
      readonly extra?: Readonly<Record<string, unknown>>;
    }
  /** The call takes effect, its answer is lost. */
  | { readonly kind: 'lose' }
  /** The call waits first, a minute at most. */
  | { readonly kind: 'delay'; readonly ms: number };

export type Faults = {
  /** Asked for every authorised call, until the returned function is called. */
  readonly inject: (fault: (call: FaultCall) => Fault | undefined) => () => void;
};

export function createFaults() {
  const injected = new Set<(call: FaultCall) => Fault | undefined>();
  return {
    inject(fault: (call: FaultCall) => Fault | undefined) {
      injected.add(fault);
      return () => {
        injected.delete(fault);
      };
    },
    /** The first that has something to say. */
    of(call: FaultCall): Fault | undefined {
      for (const fault of injected) {
        const found = fault(call);
        if (found) return found;
      }
      return undefined;
    },
  };
}
