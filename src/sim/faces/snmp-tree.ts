import * as snmp from 'net-snmp';
import type { SimulatedDevice } from '../device/device.ts';
import {
  MODULE_TABLE,
  moduleRows,
  OBJECTS,
  objectValue,
  type SimulatedObject,
  UPDATE_OBJECT,
} from './snmp-objects.ts';

/** The part of net-snmp's object tree that is used; its types call all of it `any`. */
export interface Mib {
  registerProvider(provider: object): void;
  unregisterProvider(name: string): void;
  setScalarValue(name: string, value: string | number): void;
  addTableRow(name: string, row: readonly (string | number)[]): void;
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
  integer: snmp.ObjectType.Integer,
  gauge: snmp.ObjectType.Gauge,
  ticks: snmp.ObjectType.TimeTicks,
  oid: snmp.ObjectType['OBJECT IDENTIFIER'],
} as const;

/** The objects of an agent, which come and go with the application of the card. */
export class SnmpTree {
  readonly #mib: Mib;
  readonly #device: SimulatedDevice;
  readonly #onUpdateObject: (request: SetRequest) => void;
  readonly #registered = new Set<string>();

  constructor(mib: Mib, device: SimulatedDevice, onUpdateObject: (request: SetRequest) => void) {
    this.#mib = mib;
    this.#device = device;
    this.#onUpdateObject = onUpdateObject;
    this.refresh();
  }

  /** Brings every object up to the device as it is now. */
  refresh(): void {
    for (const object of OBJECTS) {
      const value = objectValue(object, this.#device);
      if (value === null) this.#drop(object.oid);
      else {
        if (!this.#registered.has(object.oid)) this.#register(object);
        this.#mib.setScalarValue(object.oid, value);
      }
    }
    this.#refreshModules();
  }

  #register(object: SimulatedObject): void {
    const isUpdate = object.oid === UPDATE_OBJECT;
    this.#registered.add(object.oid);
    this.#mib.registerProvider({
      name: object.oid,
      type: snmp.MibProviderType.Scalar,
      oid: object.oid,
      scalarType: TYPES[object.type],
      maxAccess: isUpdate ? snmp.MaxAccess['read-write'] : snmp.MaxAccess['read-only'],
      ...(isUpdate ? { handler: this.#onUpdateObject } : {}),
    });
  }

  #drop(name: string): void {
    if (this.#registered.delete(name)) this.#mib.unregisterProvider(name);
  }

  #refreshModules(): void {
    this.#drop(MODULE_TABLE);
    const rows = moduleRows(this.#device);
    if (rows.length === 0) return;
    this.#registered.add(MODULE_TABLE);
    const column = (number: number, type: snmp.ObjectType) => ({
      number,
      name: `column${number}`,
      type,
      maxAccess: snmp.MaxAccess['read-only'],
    });
    this.#mib.registerProvider({
      name: MODULE_TABLE,
      type: snmp.MibProviderType.Table,
      oid: MODULE_TABLE,
      maxAccess: snmp.MaxAccess['not-accessible'],
      tableColumns: [column(1, TYPES.integer), ...[2, 3, 4].map((number) => column(number, TYPES.text))],
      tableIndex: [{ columnName: 'column1' }],
    });
    for (const row of rows) this.#mib.addTableRow(MODULE_TABLE, row);
  }
}
