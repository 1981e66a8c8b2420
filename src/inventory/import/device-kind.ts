/** What a list gives about the kind of a device; null or absent where it gives nothing. */
export interface DeviceKind {
  /** The role in that list: `ups`, `Rack PDU`, `access_switch`. */
  readonly role?: string | null | undefined;
  /** Model or type: `SMT1500RMI2UNC`, `AP8853`. */
  readonly model?: string | null | undefined;
  /** Names of the manufacturer, in any spelling. */
  readonly makers?: readonly string[];
  /** The sysDescr of the device. */
  readonly description?: string | null | undefined;
}

const LONGEST_KIND = 300;
/** Names of the manufacturer, at the begin of a name. */
const APC = /^(?:apc|se$|schneider|american[- ]power)(?![a-z])/i;
/** Sold by others under their own name too. */
const SMART_UPS = /\bsmart-?ups\b/i;
/** Model families of Smart-UPS units, and words for a UPS. */
const UPS =
  /\b(?:ups|usv)\b|onduleur|uninterrupt|smart-?ups|^(?:apc[-_ ]?)?(?:SMT|SMX|SMC|SMTL|SRT|SRC|SRTL|SUA|SUM|SURT|SURTA|SU|SUVS|DLA?|DLT)[0-9]/i;
/** Roles of other devices, with single spaces between the words. */
const OTHER_ROLE =
  /\b(?:[er]?pdus?|power distribution|ats|sts|transfer switch(?:es)?|netbotz)\b|\b(?:switch(?:es)?|routers?|firewalls?|servers?|cameras?|sensors?|cooling|crac|air condition(?:er|ers|ing)|patch panels?|steckdosenleisten?|commutateurs?|routeurs?|serveurs?|servidor(?:es)?|conmutador(?:es)?|kvms?|console)$/i;
/**
 * Model numbers of rack PDUs and transfer switches, monitors and air conditioners of the same maker.
 * Source: docs/sources/snmp.md#sysdescr
 */
const OTHER_MODEL =
  /^(?:apc[-_ ]?)?(?:AP(?:44|77|78|79|84|86|87|88|89)\d\d|AP(?:DU|EPDU)\d|A?EPDU\d|NBRK\d|NBPD\d|NBWL\d|AP9[37]\d\dTH|ACR[CDP]\d)|\b(?:rack[-_ ]?pdu|masterswitch|switched rack|metered rack|in-?row|netbotz|transfer switch)\b/i;
/** Applications of the cards of other devices, as in their sysDescr. */
const OTHER_APPLICATION = /\bAN1:apc_hw\d\d_(?:rpdu\w*|ats\w*|nb\w*|acrc\w*|acrp\w*|env\w*|ms3\w*)_/i;

/** Why a device is no Smart-UPS; null where it may be one, or where the list does not show it. */
export function otherDevice({ role, model, makers = [], description }: DeviceKind): string | null {
  const [listedRole, listedModel] = [bounded(role), bounded(model)];
  const named = makers.map(bounded).filter((maker) => maker !== '');
  if (named.length > 0 && !named.some((maker) => APC.test(maker)) && !SMART_UPS.test(listedModel)) {
    return `its manufacturer is ${named.at(-1)}, not APC or Schneider Electric`;
  }
  const use = spaced(listedRole);
  if (UPS.test(use)) return null;
  if (OTHER_ROLE.test(use)) return `it is no UPS: its role is "${listedRole}"`;
  if (UPS.test(listedModel)) return null;
  const isOther =
    OTHER_MODEL.test(listedModel) || (!/\d/.test(listedModel) && OTHER_ROLE.test(spaced(listedModel)));
  if (isOther) return `it is no UPS: its model is "${listedModel}"`;
  const application = OTHER_APPLICATION.exec((description ?? '').slice(0, LONGEST_KIND));
  return application === null ? null : `it is no UPS: its card runs "${application[0].replace(/_$/, '')}"`;
}

/** Words of groups and tags for what a device is or how it is read; none is a place. */
const DEVICE_WORD =
  /^(?:(?:apc|schneider(?: electric)?|smart ?ups|ups(?:es)?|usv|onduleurs?|nmcs?|pdus?|rack pdus?|snmp|power|network|hardware|devices?|infrastructure|production|prod|staging|test|monitor(?:ed|ing))(?: |$))+$/i;

/** Whether a name, such as that of a group, says what its devices are: `ups`, `apc_ups`, `snmp-devices`. */
export function isDeviceWord(name: string): boolean {
  return DEVICE_WORD.test(spaced(bounded(name)));
}

function bounded(text: string | null | undefined): string {
  return (text ?? '').slice(0, LONGEST_KIND).trim();
}

function spaced(text: string): string {
  return text.replaceAll(/[\s_-]+/g, ' ');
}
