/**
 * Where things lie in a record header; all numbers are big-endian.
 * Source: docs/sources/image-format.md#header
 */
export const HEADER = {
  bytes: 128,
  format: 0x00,
  slot: 0x01,
  payloadLength: 0x06,
  id: 0x0a,
  alwaysZero: 0x0e,
  payloadChecksum: 0x10,
  nameLength: 0x13,
  name: 0x14,
  nameBytes: 20,
  headerChecksum: 0x7e,
} as const;

/** Container formats that were seen. Another one may mean another layout, so it is not read further. */
export const KNOWN_FORMATS: readonly number[] = [3, 4];

export const SLOT = { manifest: 0x00, firstApplication: 0x01, signaturePackage: 0x65 } as const;

/** Applications of the processors, and the boot loaders that go with them: the same slots with the high bit. */
export const APPLICATIONS: readonly number[] = [0x01, 0x02, 0x03];
export const LOADERS: readonly number[] = [0x81, 0x82, 0x83];

/** Far above any image seen (1.7 MB, 9 records): what is larger is not an image. */
export const LARGEST_IMAGE = 64 * 1024 * 1024;
export const MOST_RECORDS = 1024;

/**
 * `UPS 15.0`, `BMCa19.4`, `CBLL03.4`: three letters, a blank or a patch mark, a version. A version of five characters
 * (one loader has 08.31) leaves no room for the fourth place in the eight that names with a version were seen to have.
 */
export const COMPONENT_NAME = /^([A-Z]{3})(?:([A-Za-z ])(\d\d\.\d{1,2})|(\d\d\.\d\d))$/;
/** The long names of RAM routines have no version. */
export const ROUTINE_NAME = /^[A-Za-z_][A-Za-z0-9_]{3,19}$/;
