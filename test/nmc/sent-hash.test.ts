import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { createSentHash } from '../../src/nmc/files/sent-hash.ts';

const BYTES = Buffer.from('an image in several pieces');
const IMAGE = { file: 'x.enc', sha256: createHash('sha256').update(BYTES).digest('hex') };

it('accepts the bytes of the plan, in any pieces', () => {
  const hash = createSentHash(IMAGE, 'hint');
  for (const byte of BYTES) hash.piece(Buffer.from([byte]));
  expect(() => hash.verify()).not.toThrow();
});

it.each([
  ['a missing piece', [BYTES.subarray(1)]],
  ['a repeated piece', [BYTES, BYTES.subarray(0, 1)]],
  ['another byte', [Buffer.from('an image in several piecez')]],
  ['nothing', []],
])('refuses %s with both hashes', (_name, pieces) => {
  const hash = createSentHash(IMAGE, 'hint');
  for (const one of pieces) hash.piece(one);
  expect(() => hash.verify()).toThrow(
    expect.objectContaining({
      code: 'image/changed',
      hint: 'hint',
      message: expect.stringContaining(IMAGE.sha256),
    }),
  );
});
