import { describe, expect, it } from 'vitest';
import { applicationProduct, CARD_APPLICATIONS } from '../../src/core/index.ts';

describe('the product of an application', () => {
  it.each([
    ['sumx', 'smart-ups', 'APC Smart-UPS'],
    ['SU', 'smart-ups', 'APC Smart-UPS'],
    ['sy', 'ups', 'APC Symmetra'],
    ['eu3p', 'ups', 'APC Easy UPS'],
    ['rpdu2g', 'pdu', 'APC rack PDU'],
    ['rpdu4g', 'pdu', 'APC rack PDU'],
    ['ats4g', 'ats', 'APC transfer switch'],
    ['nb250', 'other', 'NetBotz environment monitor'],
  ])('%s', (name, kind, product) => {
    expect(applicationProduct(name)).toEqual({ kind, name: product });
  });

  it.each(['sumx2', 'su3', 'aos', 'bootmon', '', 'constructor', '__proto__', '2g'])(
    'is not known for "%s"',
    (name) => {
      expect(applicationProduct(name)).toBeNull();
    },
  );

  it('is known for every whole name', () => {
    for (const [name, product] of Object.entries(CARD_APPLICATIONS))
      expect(applicationProduct(name)).toEqual(product);
  });
});
