/**
 * Lets a unit begin only while none of its partners is being updated. Inventory keys identify units at
 * first. Serial numbers decide once they are read, because one unit may have two entries.
 */
export class PartnerGate {
  readonly #partners: ReadonlyMap<string, readonly string[]>;
  readonly #active = new Set<string>();
  /** Serial numbers of the active units, by key. */
  readonly #serials = new Map<string, string>();
  /** Serial numbers of the partners of each active unit, by its key. */
  readonly #guarded = new Map<string, Set<string>>();
  #waiting: (() => void)[] = [];

  constructor(partners: ReadonlyMap<string, readonly string[]>) {
    this.#partners = partners;
  }

  /** Resolves when the unit may begin. Its partners then wait until `leave`. */
  async enter(key: string): Promise<void> {
    while ((this.#partners.get(key) ?? []).some((partner) => this.#active.has(partner))) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
    this.#active.add(key);
  }

  leave(key: string): void {
    this.#active.delete(key);
    this.#serials.delete(key);
    this.#guarded.delete(key);
    const waiters = this.#waiting;
    this.#waiting = [];
    for (const wake of waiters) wake();
  }

  /**
   * Registers the serial number of an active unit. Returns the key of another active unit that conflicts:
   * one with the same serial number, or one whose partner has it. Null without a conflict.
   */
  claim(key: string, serial: string): string | null {
    this.#serials.set(key, serial);
    for (const [other, guarded] of this.#guarded) if (other !== key && guarded.has(serial)) return other;
    return this.#withSerial(serial, key);
  }

  /**
   * Keeps the unit with this serial number from starting while `key` is active. Returns the key under which
   * it is already active, otherwise null.
   */
  guard(key: string, partnerSerial: string): string | null {
    this.#guarded.set(key, (this.#guarded.get(key) ?? new Set()).add(partnerSerial));
    return this.#withSerial(partnerSerial, key);
  }

  #withSerial(serial: string, except: string): string | null {
    for (const [key, other] of this.#serials) if (key !== except && other === serial) return key;
    return null;
  }
}
