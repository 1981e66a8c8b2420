/**
 * Lets a unit go to work only while none of its partners is at work. Entries of an inventory are told apart by name first; once
 * serial numbers were read, these decide, because one unit may have two entries.
 */
export class PartnerGate {
  readonly #partners: ReadonlyMap<string, readonly string[]>;
  readonly #flying = new Set<string>();
  /** Serial numbers of the units at work, by key. */
  readonly #serials = new Map<string, string>();
  /** Serial numbers that the partners of a unit at work answered with, by its key. */
  readonly #guarded = new Map<string, Set<string>>();
  #landed: (() => void)[] = [];

  constructor(partners: ReadonlyMap<string, readonly string[]>) {
    this.#partners = partners;
  }

  /** Resolves when the unit may work; from then on its partners wait until `leave`. */
  async enter(key: string): Promise<void> {
    while ((this.#partners.get(key) ?? []).some((partner) => this.#flying.has(partner))) {
      await new Promise<void>((resolve) => {
        this.#landed.push(resolve);
      });
    }
    this.#flying.add(key);
  }

  leave(key: string): void {
    this.#flying.delete(key);
    this.#serials.delete(key);
    this.#guarded.delete(key);
    const waiting = this.#landed;
    this.#landed = [];
    for (const wake of waiting) wake();
  }

  /**
   * Notes which unit is at work under a key. Gives the key of another unit at work that it must not run beside: one with the same
   * serial number, or one whose partner answered with it. Null where there is none.
   */
  claim(key: string, serial: string): string | null {
    this.#serials.set(key, serial);
    for (const [other, guarded] of this.#guarded) if (other !== key && guarded.has(serial)) return other;
    return this.#withSerial(serial, key);
  }

  /**
   * Keeps the unit with this serial number from starting while `key` is at work. Gives the key under which it is at work
   * already, else null.
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
