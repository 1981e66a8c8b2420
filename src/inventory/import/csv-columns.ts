/** What a column of a CSV list may give. Addresses are apart: a list may have several columns of them. */
export type CsvField = 'name' | 'site' | 'serial' | 'role' | 'model' | 'maker' | 'status' | 'port';

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/**
 * Titles of the columns as people and tools write them, in several languages, as `titleForms` gives them, in
 * the order of preference.
 */
export const COLUMN_TITLES: Readonly<Record<CsvField, readonly string[]>> = {
  name: words(`
    name hostname unit unitname device devicename upsname ups sysname displayname assetname devicelabel
    visiblename commonname caption label
    geratename geraetename bezeichnung gerat geraet usvname usv titel
    nom nomdelappareil nomdelonduleur nomdhote appareil equipement onduleur
    nombre nombredeldispositivo nombredelequipo dispositivo equipo sai
    nome nomedispositivo nomehost apparato nomedoequipamento equipamento
    naam apparaatnaam hostnaam apparaat namn navn enhetsnavn enhet enhed nazwa nazwaurzadzenia urzadzenie`),
  site: words(`
    site sitename siteslug location locationname locations
    standort ort niederlassung filiale
    emplacement lieu localisation sitio ubicacion emplazamiento localizacion sede sito ubicazione
    locatie vestiging plats sted lokation lokasjon local localizacao lokalizacja
    datacenter datacentre campus branch building gebaude gebaeude batiment edificio`),
  serial: words(`
    serial serialnumber serialno serialnr serialnum sn deviceserial deviceserialnumber upsserial
    upsserialnumber
    seriennummer seriennr snr
    numerodeserie nodeserie ndeserie numeroserie noserie numerodiserie numeroseriale matricola
    serienummer serienr numerseryjny`),
  role: words('role devicerole rolename category assettypename rolle kategorie categorie categoria'),
  model: words(`
    model modelname devicemodel devicetype type producttype models machinetype hardware
    modell modele modelo modello geratetyp geraetetyp typ tipo`),
  maker: words(`
    manufacturer maker vendor make brand manufacturers
    hersteller fabricant marque fabricante marca produttore costruttore fabrikant tillverkare producent
    produsent`),
  status: words('status state zustand etat statut estado stato'),
  port: words('port snmpport'),
};

/** Columns with an address, in the order of preference. */
export const HOST_TITLES: readonly { readonly titles: readonly string[]; readonly instead?: string }[] = [
  {
    titles: words(`
      host ip address ipaddress ipaddr hostaddress hostip hostipaddress deviceip deviceipaddress primaryip
      primaryipaddress primaryaddress interfaceip networkip upsip upsipaddress
      ipadresse primareip primaereip primarehostip primaerehostip
      adresseip ipprincipale direccionip indirizzoip enderecoip ipadres ipadress adresip`),
  },
  { titles: words('primaryip4 primaryipv4 primaryipv4address primaryip4address ip4address ip4') },
  {
    titles: words(`
      ipv4address ipv4 ipv4addr ipv4adresse adresseipv4 direccionipv4 indirizzoipv4 enderecoipv4 ipv4adres
      ipv4adress adresipv4`),
  },
  { titles: words('primaryip6 primaryipv6 primaryipv6address primaryip6address ip6address ip6') },
  {
    titles: words(`
      ipv6address ipv6 ipv6addr ipv6adresse adresseipv6 direccionipv6 indirizzoipv6 enderecoipv6 ipv6adres
      ipv6adress adresipv6`),
  },
  {
    titles: words(`
      managementip managementipaddress managementaddress managementipadresse mgmtip mgmtipaddress mgmtaddress
      ipmanagement ipdemanagement ipdegestion ipgestion adresseipdegestion verwaltungsip
      nmcip nmcipaddress nmcaddress nmcipadresse ipnmc
      cardip cardipaddress snmphost snmpip snmpaddress`),
    instead: 'management address',
  },
  { titles: words('oobip oobipaddress oobaddress outofbandip'), instead: 'OOB IP address' },
  // Without more words these may be postal addresses.
  { titles: words('adresse direccion indirizzo adres adress endereco') },
  { titles: words('fqdn dnsname dns'), instead: 'DNS name' },
];

/** Titles that count as an address only in a list without any of the above. */
export const NAME_AS_HOST = 'hostname';

const ADDRESS_TITLES: ReadonlySet<string> = new Set(HOST_TITLES.flatMap(({ titles }) => titles));
const LONGEST_TITLE = 200;
/** A remark at the end of a title; that of another device or number is a part of the title. */
const REMARK = /\s*\(([^()]*)\)\s*$/;
const OTHER_THING = /nmc|card|karte|carte|tarjeta|scheda|mac|batt|asset|inventa|\b(?:old|alt)\b/i;

/**
 * The forms by which a title is found: without case, accents, spaces and signs (`IP Address`, `ip_address`
 * and `IP-Address` are one), and without a remark in brackets. Of two titles with a slash between them, such
 * as `IP Address/Hostname`, the one of an address.
 */
export function titleForms(title: string): readonly string[] {
  const text = title.slice(0, LONGEST_TITLE);
  const remark = REMARK.exec(text)?.[1] ?? '';
  const short = OTHER_THING.test(remark) ? text : text.replace(REMARK, '');
  const parts = short.split('/').map(plain);
  const address = parts.length === 2 ? parts.filter((part) => ADDRESS_TITLES.has(part)) : [];
  return [...new Set([plain(text), plain(short), ...address])];
}

function plain(text: string): string {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, '');
}
