/** Lets one reader wait, for a limited time, for the next data from the other side. */
export class DataSignal {
  #wake: () => void = () => undefined;

  /** Data has arrived. */
  readonly happened = (): void => this.#wake();

  /** Resolves with true when data arrives, with false if none arrives in time. */
  within(milliseconds: number): Promise<boolean> {
    if (milliseconds <= 0) return Promise.resolve(false);
    return new Promise((resolve) => {
      const end = (arrived: boolean): void => {
        clearTimeout(timer);
        this.#wake = () => undefined;
        resolve(arrived);
      };
      const timer = setTimeout(() => end(false), milliseconds);
      this.#wake = () => end(true);
    });
  }
}
