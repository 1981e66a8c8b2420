/**
 * What a driver of NUT reaches. `snmp`: a card over SNMP. `modbus`: a unit over TCP, serial or USB, as
 * porttype says. `local`: a serial or USB port that may have a Smart-UPS. `other-local`: a local port of
 * another product. `other-network`: another product on the network. `program`: a program that has the unit.
 * Source: docs/sources/practice.md#drivers-of-nut
 */
export type NutDriverKind = 'snmp' | 'modbus' | 'local' | 'other-local' | 'other-network' | 'program';

const DRIVERS: Readonly<Record<NutDriverKind, string>> = {
  snmp: 'snmp-ups',
  modbus: 'apc_modbus',
  local: 'usbhid-ups newhidups hidups apcsmart apcsmart-old newapc apcmicrolink apc_ul genericups macosx-ups',
  'other-local': `
    adelsystem_cbi adele_cbi al175 asem bcmxcp bcmxcp_usb belkin belkinunv bestfcom bestfortress bestuferrups
    bestups bicker_ser blazer blazer_ser blazer_usb cpsups cyberpower ecoflow-cdc energizerups esupssmart etapro
    everups fentonups gamatronic generic_gpio generic_gpio_libgpiod generic_modbus huawei-ups2000 hwmon_ina219
    invt_modbus isbmex ivtscd liebert liebert-esp2 liebert-gxe liebertgxt2 masterguard meanwell_ntu megatec
    megatec_usb metasys mge-shut mge-utalk microdowell microsol-apc must_ep2000pro nhs_ser nutdrv_atcl_usb
    nutdrv_hashx nutdrv_modbus nutdrv_qx nutdrv_siemens-sitop nutdrv_siemens_sitop oneac optiups
    phoenixcontact_modbus pijuice powercom powerpanel powervar_cx_ser powervar_cx_usb rhino richcomm_usb
    riello_ser riello_usb safenet sms_ser socomec_jbus solis toshiba1500 tripplite tripplite_usb tripplitesu
    upscode2 ve-direct victronups`,
  'other-network': 'netxml-ups nut-ipmipsu powerman-pdu',
  program: 'apcupsd-ups dummy-ups clone clone-outlet failover skel',
};

/** Kinds by the name of the driver. */
const KINDS: ReadonlyMap<string, NutDriverKind> = new Map(
  Object.entries(DRIVERS).flatMap(([kind, names]) =>
    names
      .trim()
      .split(/\s+/)
      .flatMap((name) => (isKind(kind) ? [[name, kind] as const] : [])),
  ),
);

function isKind(text: string): text is NutDriverKind {
  return Object.hasOwn(DRIVERS, text);
}

/** The kind of a driver; null for one that this list does not have. */
export function nutDriverKind(driver: string): NutDriverKind | null {
  return KINDS.get(driver) ?? null;
}
