/** Lets a reader wait for the next thing that comes from the other side, for a while. One waits at a time. */
export class DataSignal {
  #wake: () => void = () => undefined;

  /** Something has come. */
  readonly happened = (): void => this.#wake();

  /** Resolves with true when something comes, with false when nothing came in the given time. */
  within(milliseconds: number): Promise<boolean> {
    if (milliseconds <= 0) return Promise.resolve(false);
    return new Promise((resolve) => {
      const end = (came: boolean): void => {
        clearTimeout(timer);
        this.#wake = () => undefined;
        resolve(came);
      };
      const timer = setTimeout(() => end(false), milliseconds);
      this.#wake = () => end(true);
    });
  }
}
