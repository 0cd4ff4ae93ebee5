/** Work under one name runs once at a time: whoever asks meanwhile gets the result of the run under way. */
export function singleFlight<T>(): (name: string, work: () => Promise<T>) => Promise<T> {
  const flights = new Map<string, Promise<T>>();
  return (name, work) => {
    const flying = flights.get(name);
    if (flying) return flying;
    const flight = work().finally(() => flights.delete(name));
    flights.set(name, flight);
    return flight;
  };
}
