import * as snmp from 'net-snmp';

/** The part of net-snmp's object tree that is used; its types call all of it `any`. */
export interface Mib {
  registerProvider(provider: Provider): void;
  addProviderToNode(provider: Provider): void;
  unregisterProvider(name: string): void;
  addNodesForOid(oid: string): MibNode;
  lookup(oid: string): MibNode | null;
}

interface Provider {
  readonly name: string;
  readonly type: snmp.MibProviderType;
  readonly oid: string;
  readonly scalarType: snmp.ObjectType;
  readonly maxAccess: snmp.MaxAccess;
  readonly handler?: (request: SetRequest) => void;
}

interface MibNode {
  value: unknown;
  valueType: snmp.ObjectType;
  delete(): void;
}

/** A request for the object that may be written. */
export interface SetRequest {
  readonly operation: number;
  readonly setValue?: unknown;
  readonly testSet?: boolean;
  done(error?: { readonly errorStatus: number }): void;
}

const TYPES = {
  text: snmp.ObjectType.OctetString,
  hex: snmp.ObjectType.OctetString,
  integer: snmp.ObjectType.Integer,
  gauge: snmp.ObjectType.Gauge,
  counter: snmp.ObjectType.Counter,
  ticks: snmp.ObjectType.TimeTicks,
  oid: snmp.ObjectType['OBJECT IDENTIFIER'],
} as const;

/** Types of the objects of simulated agents; `hex` is an OCTET STRING that is no text, given as hexadecimal digits. */
export type ValueType = keyof typeof TYPES;

/**
 * The objects of an agent, by the OID of their instance. Not net-snmp's own scalars and tables: those look an object up, check it
 * and copy its address for every value that changes.
 */
export class SnmpTree {
  readonly #mib: Mib;
  readonly #nodes = new Map<string, MibNode>();
  /** How many instances an object has. */
  readonly #instances = new Map<string, number>();

  constructor(mib: Mib) {
    this.#mib = mib;
    const lookup = mib.lookup.bind(mib);
    // Walking down the tree for every object of every request took a fifth of the agent's time.
    mib.lookup = (oid) => this.#nodes.get(oid) ?? lookup(oid);
  }

  /** Sets the value of an instance, which need not exist; `onRequest` makes it one that may be written. */
  put(oid: string, type: ValueType, value: string | number, onRequest?: (request: SetRequest) => void): void {
    const node = this.#nodes.get(oid) ?? this.#add(oid, type, onRequest);
    node.value = type === 'hex' ? Buffer.from(String(value), 'hex') : value;
  }

  /** Takes an instance away, which need not exist. */
  drop(oid: string): void {
    const node = this.#nodes.get(oid);
    if (node === undefined) return;
    const object = objectOf(oid);
    const left = (this.#instances.get(object) ?? 0) - 1;
    this.#nodes.delete(oid);
    this.#instances.set(object, left);
    node.delete();
    if (left === 0) this.#mib.unregisterProvider(object);
  }

  #add(oid: string, type: ValueType, onRequest: ((request: SetRequest) => void) | undefined): MibNode {
    const object = objectOf(oid);
    const instances = this.#instances.get(object) ?? 0;
    if (instances === 0) {
      const provider = {
        name: object,
        type: snmp.MibProviderType.Scalar,
        oid: object,
        scalarType: TYPES[type],
        maxAccess: snmp.MaxAccess[onRequest === undefined ? 'read-only' : 'read-write'],
        ...(onRequest === undefined ? {} : { handler: onRequest }),
      };
      this.#mib.registerProvider(provider);
      this.#mib.addProviderToNode(provider);
    }
    const node = this.#mib.addNodesForOid(oid);
    node.valueType = TYPES[type];
    this.#nodes.set(oid, node);
    this.#instances.set(object, instances + 1);
    return node;
  }
}

/** The object or column that an instance belongs to. */
function objectOf(oid: string): string {
  return oid.slice(0, oid.lastIndexOf('.'));
}
