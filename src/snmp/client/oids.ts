/**
 * Every OID that upsfw reads or writes, by name. Scalars with their final `.0`.
 * `ups` is the PowerNet UPS subtree.
 * Source: docs/sources/snmp.md#objects-read
 */
const ups = '1.3.6.1.4.1.318.1.1.1';

export const OID = {
  sysDescr: '1.3.6.1.2.1.1.1.0',
  sysObjectId: '1.3.6.1.2.1.1.2.0',
  sysUpTime: '1.3.6.1.2.1.1.3.0',
  sysContact: '1.3.6.1.2.1.1.4.0',
  sysName: '1.3.6.1.2.1.1.5.0',

  /** upsIdentManufacturer and upsIdentModel of RFC 1628, for a UPS of any vendor. */
  standardMaker: '1.3.6.1.2.1.33.1.1.1.0',
  standardModel: '1.3.6.1.2.1.33.1.1.2.0',

  model: `${ups}.1.1.1.0`,
  firmware: `${ups}.1.2.1.0`,
  manufactured: `${ups}.1.2.2.0`,
  serial: `${ups}.1.2.3.0`,
  sku: `${ups}.1.2.5.0`,
  ratingVA: `${ups}.1.2.9.0`,

  batteryPercent: `${ups}.2.2.1.0`,
  runtime: `${ups}.2.2.3.0`,
  outputStatus: `${ups}.4.1.1.0`,
  loadPercent: `${ups}.4.2.3.0`,
  selfTestResult: `${ups}.7.2.3.0`,
  calibrationResult: `${ups}.7.2.6.0`,
  linkStatus: `${ups}.8.1.0`,
  stateFlags: `${ups}.11.1.1.0`,

  /** upsAdvControlFirmwareUpdate: state or last result when read; writing 2 starts an update. */
  firmwareUpdate: `${ups}.6.2.9.0`,

  /** The card's table of its firmware modules: 1 AOS, 2 application. */
  moduleFile1: '1.3.6.1.4.1.318.1.4.2.4.1.3.1',
  moduleFile2: '1.3.6.1.4.1.318.1.4.2.4.1.3.2',
  moduleVersion1: '1.3.6.1.4.1.318.1.4.2.4.1.4.1',
  moduleVersion2: '1.3.6.1.4.1.318.1.4.2.4.1.4.2',
  /** The boot monitor; the key MB of a sysDescr is another number. Source: docs/sources/snmp.md#sysdescr */
  moduleVersion3: '1.3.6.1.4.1.318.1.4.2.4.1.4.3',
  /**
   * A separate table about the card. It is not documented whether it answers without an application.
   * Source: docs/sources/snmp.md#versions-of-the-card
   */
  hostModel: '1.3.6.1.4.1.318.1.4.2.2.1.2.1',
  hostSerial: '1.3.6.1.4.1.318.1.4.2.2.1.3.1',
} as const;

/** The identity: read first, and from everything that answers. */
export const IDENTITY_OIDS: readonly string[] = [
  OID.sysDescr,
  OID.sysObjectId,
  OID.sysContact,
  OID.sysName,
  OID.model,
  OID.firmware,
  OID.serial,
];

/** Missing on old cards and units; read only from a Smart-UPS. */
export const DETAIL_OIDS: readonly string[] = [
  OID.manufactured,
  OID.sku,
  OID.ratingVA,
  OID.batteryPercent,
  OID.runtime,
  OID.outputStatus,
  OID.loadPercent,
  OID.selfTestResult,
  OID.calibrationResult,
  OID.linkStatus,
  OID.stateFlags,
  OID.moduleVersion3,
  OID.sysUpTime,
];

export const MODULE_OIDS: readonly string[] = [
  OID.moduleFile1,
  OID.moduleFile2,
  OID.moduleVersion1,
  OID.moduleVersion2,
];
