import { inspect } from 'node:util';

const MASK = '[secret]';

/**
 * A password, community or key. It prints as `[secret]` in strings, JSON, inspect and templates. Only {@link
 * Secret.reveal} returns the value; it is called where a protocol library needs it.
 */
export class Secret {
  readonly #value: string;
  /** Reference of the inventory (`env:UPS_PASSWORD`); null if not known. */
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

/** Replaces the given secrets in a text, such as the answer of a device that echoes a password. */
export function redact(text: string, secrets: readonly Secret[]): string {
  return secrets.reduce((kept, secret) => {
    const value = secret.reveal();
    // Masking one or two characters would destroy the text and protect nothing.
    return value.length < 3 ? kept : kept.split(value).join(MASK);
  }, text);
}
