import { inspect } from 'node:util';

const MASK = '[secret]';

/**
 * A password, community or key. It prints as `[secret]` wherever it may land (string, JSON, inspect, template);
 * the value comes out of {@link Secret.reveal} only, called at the place that hands it to a protocol library.
 */
export class Secret {
  readonly #value: string;
  /** Where the value came from, as the inventory writes it (`env:UPS_PASSWORD`); null where no reference is known. */
  readonly reference: string | null;

  constructor(value: string, reference: string | null = null) {
    this.#value = value;
    this.reference = reference;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [inspect.custom](): string {
    return MASK;
  }
}

/** Replaces every occurrence of the given secrets in a text, e.g. in a device's answer that echoes a password. */
export function redact(text: string, secrets: readonly Secret[]): string {
  return secrets.reduce((kept, secret) => {
    const value = secret.reveal();
    // One or two characters would turn half of any text into masks and protect nothing.
    return value.length < 3 ? kept : kept.split(value).join(MASK);
  }, text);
}
