/** What a list says of the kind of a device; null or absent where it says nothing. */
export interface KindWords {
  /** What the keeper of the list calls its use: `ups`, `Rack PDU`, `access_switch`. */
  readonly role?: string | null | undefined;
  /** Model or type: `SMT1500RMI2UNC`, `AP8853`. */
  readonly model?: string | null | undefined;
  /** What the device says of itself. */
  readonly description?: string | null | undefined;
}

const LONGEST = 300;
/** Families of units for which this tool is made, and the word itself. */
const UPS =
  /\bups\b|uninterrupt|smart-?ups|^(?:apc[-_ ]?)?(?:SMT|SMX|SMC|SMTL|SRT|SRC|SRTL|SUA|SUM|SURT|SURTA|SU|SUVS|DLA?|DLT)[0-9]/i;
/** Roles of devices that are no UPS, as keepers of lists write them, with single blanks between the words. */
const OTHER_ROLE =
  /\b(?:[er]?pdus?|power distribution|ats|sts|transfer switch(?:es)?|netbotz)\b|\b(?:switch(?:es)?|routers?|firewalls?|servers?|cameras?|sensors?|cooling|crac|air condition(?:er|ers|ing)|patch panels?|kvms?|console)$/i;
/** Model numbers of rack PDUs and transfer switches, monitors and air conditioners of the same maker (card notes, 1.1). */
const OTHER_MODEL =
  /^(?:apc[-_ ]?)?(?:AP(?:44|77|78|79|84|86|87|88|89)\d\d|AP(?:DU|EPDU)\d|A?EPDU\d|NBRK\d|NBPD\d|NBWL\d|AP9[37]\d\dTH|ACR[CDP]\d)|\b(?:rack[-_ ]?pdu|masterswitch|switched rack|metered rack|in-?row|netbotz|transfer switch)\b/i;
/** Applications of cards of other devices, as sysDescr names them. */
const OTHER_APPLICATION = /\bAN1:apc_hw\d\d_(?:rpdu\w*|ats\w*|nb\w*|acrc\w*|acrp\w*|env\w*|ms3\w*)_/i;

/** Why a device of a list is no UPS; null where it is one, or where the list does not tell. */
export function whyNoUps({ role, model, description }: KindWords): string | null {
  const [roleWords, modelWords] = [wordsOf(role), wordsOf(model)];
  const use = roleWords.replaceAll(/[\s_-]+/g, ' ');
  if (UPS.test(use)) return null;
  if (OTHER_ROLE.test(use)) return `its role is "${roleWords}"`;
  if (UPS.test(modelWords)) return null;
  if (OTHER_MODEL.test(modelWords)) return `its model is "${modelWords}"`;
  const application = OTHER_APPLICATION.exec((description ?? '').slice(0, LONGEST));
  return application === null ? null : `its card runs "${application[0].replace(/_$/, '')}"`;
}

function wordsOf(text: string | null | undefined): string {
  return (text ?? '').slice(0, LONGEST).trim();
}
