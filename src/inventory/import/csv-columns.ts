/** What a column of a CSV list may give. Addresses are apart: a list may have several columns of them. */
export type CsvField = 'name' | 'site' | 'serial' | 'role' | 'model' | 'maker' | 'status' | 'port';

/**
 * Titles of the columns as people and tools write them, as `plainTitle` gives them, in the order of
 * preference.
 */
export const COLUMN_TITLES: Readonly<Record<CsvField, readonly string[]>> = {
  name: [
    'name',
    'hostname',
    'unit',
    'unitname',
    'device',
    'devicename',
    'upsname',
    'ups',
    'sysname',
    'displayname',
  ],
  site: ['site', 'sitename', 'siteslug', 'location', 'standort'],
  serial: [
    'serial',
    'serialnumber',
    'serialno',
    'serialnr',
    'serialnum',
    'sn',
    'deviceserial',
    'upsserial',
    'upsserialnumber',
    'seriennummer',
  ],
  role: ['role', 'devicerole', 'rolename', 'category'],
  model: ['model', 'modelname', 'devicemodel', 'devicetype', 'type', 'producttype'],
  maker: ['manufacturer', 'maker', 'vendor', 'make', 'brand', 'hersteller'],
  status: ['status', 'state'],
  port: ['port', 'snmpport'],
};

/** Columns with an address, in the order of preference. */
export const HOST_TITLES: readonly { readonly titles: readonly string[]; readonly instead?: string }[] = [
  {
    titles: [
      'host',
      'ip',
      'address',
      'ipaddress',
      'ipaddr',
      'hostaddress',
      'hostip',
      'deviceip',
      'primaryip',
      'primaryipaddress',
      'primaryaddress',
      'ipadresse',
    ],
  },
  { titles: ['primaryip4', 'primaryipv4', 'primaryipv4address', 'primaryip4address', 'ip4address', 'ip4'] },
  { titles: ['ipv4address', 'ipv4', 'ipv4addr'] },
  { titles: ['primaryip6', 'primaryipv6', 'primaryipv6address', 'primaryip6address', 'ip6address', 'ip6'] },
  { titles: ['ipv6address', 'ipv6', 'ipv6addr'] },
  {
    titles: [
      'managementip',
      'managementipaddress',
      'managementaddress',
      'mgmtip',
      'mgmtipaddress',
      'mgmtaddress',
      'nmcip',
      'nmcipaddress',
      'nmcaddress',
      'cardip',
      'cardipaddress',
      'snmphost',
      'snmpaddress',
    ],
    instead: 'management address',
  },
  { titles: ['oobip', 'oobipaddress', 'oobaddress', 'outofbandip'], instead: 'OOB IP address' },
  { titles: ['fqdn', 'dnsname', 'dns'], instead: 'DNS name' },
];

/** Titles that count as an address only in a list without any of the above. */
export const NAME_AS_HOST = 'hostname';

/** A title without case, spaces and signs: `IP Address`, `ip_address` and `IP-Address` are one. */
export function plainTitle(title: string): string {
  return title
    .slice(0, 200)
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, '');
}
