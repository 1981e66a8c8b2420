import type { OrderHop, Unit } from '../../core/index.ts';
import type { RuleBook } from '../catalogue/rule-book.ts';
import type { Fact } from '../engine/evaluate.ts';
import { compareVersions } from '../engine/versions.ts';
import { cardFacts } from './card.ts';
import { outputFacts } from './hop.ts';
import { usbDriveFacts } from './port.ts';
import { conditionFacts } from './unit.ts';

/** Facts for the work items, in addition to those about unit, line and port. */
export function siteFacts(
  book: RuleBook,
  key: string,
  unit: Unit,
  hops: readonly OrderHop[],
): readonly (readonly [string, Fact])[] {
  const { microLinkId, version } = unit.firmware;
  const line = microLinkId === null ? undefined : book.lines.get(microLinkId);
  const at = microLinkId === null || version === null ? null : { microLinkId, version };
  const last = hops.at(-1);
  const files = hops.flatMap(({ image }) => (image === null ? [] : [image.file]));
  return [
    ...conditionFacts(unit),
    ...cardFacts(unit.card, line),
    ...outputFacts(at, line),
    ...usbDriveFacts(line, version),
    ['hop.twoStep', twoStep(line?.twoStep?.from, version)],
    ['site.unit', shellQuote(key)],
    ['site.hops', hops.length],
    ['site.image', files[0] === undefined ? null : shellQuote(files[0])],
    ['site.images', files.length === hops.length ? files.join(', then ') || null : null],
    ['site.imagesInFolder', hops.length > 0 && hops.every(({ image }) => image?.inFolder === true)],
    ['site.target', last?.to.version ?? null],
    ['site.idAfter', last?.to.microLinkId ?? null],
    ['site.changesId', last === undefined ? null : last.to.microLinkId !== microLinkId],
  ];
}

/** An argument of a command line, quoted if a shell would interpret it. */
export function shellQuote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `"${text.replace(/["$`\\]/g, '\\$&')}"`;
}

/** Whether the unit receives an image first, and installs it when its panel allows it. */
function twoStep(from: string | undefined, version: string | null): boolean {
  if (from === undefined || version === null) return false;
  return (compareVersions(version, from) ?? -1) >= 0;
}
