// Faults injected by tests: throttling, lost responses and delays, which no local engine produces.

export type FaultCall = { readonly caller: string; readonly service: string; readonly operation: string };

export type Fault =
  /** Answers with an AWS error; the call never reaches the engine. `extra` joins the body, as CancellationReasons do. */
  | {
      readonly kind: 'error';
      readonly status: number;
      readonly type: string;
      readonly message: string;
      readonly extra?: Readonly<Record<string, unknown>>;
    }
  /** The call takes effect, its response is lost. */
  | { readonly kind: 'lose' }
  /** The call waits first, a minute at most. */
  | { readonly kind: 'delay'; readonly ms: number };

export type Faults = {
  /** `fault` runs for every authorised call until the returned function is called. */
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
    /** The first fault that applies to this call. */
    of(call: FaultCall): Fault | undefined {
      for (const fault of injected) {
        const found = fault(call);
        if (found) return found;
      }
      return undefined;
    },
  };
}
