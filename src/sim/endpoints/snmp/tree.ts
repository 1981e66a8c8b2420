import * as snmp from 'net-snmp';

/** A request for the writable object. */
export interface SetRequest {
  readonly operation: number;
  readonly setValue?: unknown;
  readonly testSet?: boolean;
  done(error?: { readonly errorStatus: number }): void;
}

/** Access to an object, in the form that net-snmp's agent expects. */
interface Provider {
  readonly name: string;
  readonly type: snmp.MibProviderType;
  readonly maxAccess: snmp.MaxAccess;
  readonly handler?: (request: SetRequest) => void;
}

/** An instance, in the form that net-snmp's agent expects. */
interface Node {
  readonly oid: string;
  readonly valueType: snmp.ObjectType;
  /** The current value; null if the instance does not exist now. */
  readonly value: unknown;
  readonly owner: Provider;
  validateValue(type: snmp.ObjectType, value: unknown): boolean;
  getNextInstanceNode(): Node | null;
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

/** Object types of simulated agents; `hex` is a binary OCTET STRING, given as hexadecimal digits. */
export type ValueType = keyof typeof TYPES;

/** The value of an instance, or a function that reads it on request; null: the agent lacks it for now. */
export type Value = string | number | (() => string | number | null);

const READ_ONLY: Provider = {
  name: 'read-only',
  type: snmp.MibProviderType.Scalar,
  maxAccess: snmp.MaxAccess['read-only'],
};

/**
 * The objects of an agent by the OID of their instance. It replaces the Mib of net-snmp's agent and answers
 * the same calls.
 * That Mib is a tree with a node per number of each OID, which would dominate time and memory for thousands
 * of agents.
 */
export class SnmpTree {
  /** The agent creates no objects on request. */
  readonly providersByOid: Readonly<Record<string, never>> = {};
  readonly #nodes = new Map<string, Node>();
  /** In GETNEXT order; null: not sorted yet. */
  #sorted: readonly Node[] | null = null;

  /** Adds or replaces an instance; `onRequest` makes it writable. */
  put(oid: string, type: ValueType, value: Value, onRequest?: (request: SetRequest) => void): void {
    const read = typeof value === 'function' ? value : () => value;
    this.#nodes.set(oid, {
      oid,
      valueType: TYPES[type],
      get value() {
        const now = read();
        return type === 'hex' && now !== null ? Buffer.from(String(now), 'hex') : now;
      },
      owner:
        onRequest === undefined
          ? READ_ONLY
          : { ...READ_ONLY, name: oid, maxAccess: snmp.MaxAccess['read-write'], handler: onRequest },
      validateValue: (asked) => asked === TYPES[type],
      getNextInstanceNode: () => this.#after(oid),
    });
    this.#sorted = null;
  }

  /** For the agent: an existing instance. */
  lookup(oid: string): Node | null {
    const node = this.#nodes.get(oid);
    return node === undefined || node.value === null ? null : node;
  }

  /** For the agent: where GETNEXT continues from an OID that is not an instance. */
  getTreeNode(oid: string): Pick<Node, 'getNextInstanceNode'> {
    return { getNextInstanceNode: () => this.#after(oid) };
  }

  /** For the agent: the provider of an instance. */
  getProviderNodeForInstance(node: Node): { readonly provider: Provider } {
    return { provider: node.owner };
  }

  /** For the agent: whether a missing instance belongs to an existing object or column. */
  getAncestorProviderFromOid(oid: string): Provider | null {
    for (const [other, node] of this.#nodes)
      if (oid.startsWith(`${other.slice(0, other.lastIndexOf('.'))}.`) && node.value !== null)
        return node.owner;
    return null;
  }

  #after(oid: string): Node | null {
    this.#sorted ??= [...this.#nodes.values()].sort((a, b) => compareOids(a.oid, b.oid));
    return this.#sorted.find((node) => compareOids(node.oid, oid) > 0 && node.value !== null) ?? null;
  }
}

function compareOids(left: string, right: string): number {
  const [a, b] = [left.split('.').map(Number), right.split('.').map(Number)];
  for (const [index, number] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    if (number !== other) return number - other;
  }
  return a.length - b.length;
}
