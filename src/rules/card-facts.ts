import { type Card, compare } from '../core/index.ts';
import type { Line } from './catalogue-schema.ts';
import type { Fact } from './matcher.ts';

/** The card of a unit, and the oldest application that the release notes of its line name. */
export function cardFacts(card: Card | null, line: Line | undefined): readonly (readonly [string, Fact])[] {
  const name = card?.app?.name ?? null;
  const version = card?.app?.version ?? null;
  const named = (line?.minCardApp ?? []).filter((one) => one.app === name);
  const minimum = (
    named.find((one) => one.card !== undefined && card?.model?.startsWith(one.card)) ??
    named.find((one) => one.card === undefined)
  )?.version;
  const of = (text: string) => ({ component: 'card-app' as const, line: name ?? '', version: text });
  const order = minimum === undefined || version === null ? undefined : compare(of(version), of(minimum));
  return [
    ['card.isThere', card !== null],
    ['card.model', card?.model ?? null],
    ['card.generation', card?.generation ?? null],
    ['card.app', name === null && version === null ? null : `${name ?? '?'} ${version ?? '?'}`],
    ['card.appMinima', line?.minCardApp.map((one) => `${one.app} ${one.version}`).join(', ') || null],
    ['card.appMinimum', minimum === undefined ? null : `${name} ${minimum}`],
    ['card.appIsEnough', order === undefined ? null : order >= 0],
  ];
}
