import fc from 'fast-check';

/** Names that every plain object inherits. */
const KEYS_OF_OBJECTS = ['__proto__', 'constructor', 'toString', 'valueOf', 'hasOwnProperty', 'length'];

const CODE_POINT = fc.oneof(
  { arbitrary: fc.integer({ min: 0, max: 0x7f }), weight: 3 },
  { arbitrary: fc.integer({ min: 0x80, max: 0x2fff }), weight: 2 },
  // Without the surrogates: each is half of a character.
  { arbitrary: fc.integer({ min: 0x3000, max: 0x10_ffff - 0x800 }), weight: 1 },
);

/**
 * Any text, control characters included. `fc.string` with any character takes half a second, because it
 * prepares a table of all characters.
 */
export function anyText({ minLength = 0, maxLength = 20 } = {}): fc.Arbitrary<string> {
  const text = fc
    .array(CODE_POINT, { minLength, maxLength })
    .map((points) =>
      points.map((point) => String.fromCodePoint(point < 0xd800 ? point : point + 0x800)).join(''),
    );
  const keys = KEYS_OF_OBJECTS.filter(({ length }) => length >= minLength && length <= maxLength);
  if (keys.length === 0) return text;
  return fc.oneof({ arbitrary: text, weight: 19 }, { arbitrary: fc.constantFrom(...keys), weight: 1 });
}
