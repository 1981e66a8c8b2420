import { crc32 } from 'node:zlib';

/** One file of an archive; it is stored, not compressed. */
export interface Entry {
  readonly name: string;
  readonly content: Buffer;
  /** The size after unpacking that the archive states; the real one by default. */
  readonly claimed?: number;
}

/** Builds a ZIP file from the format description, with a comment at its end if one is given. */
export function zipOf(entries: readonly Entry[], comment = ''): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content, claimed = content.length } of entries) {
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt32LE(crc32(content), 10);
    fields.writeUInt32LE(content.length, 14);
    fields.writeUInt32LE(claimed, 18);
    fields.writeUInt16LE(name.length, 22);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    const local = Buffer.concat([Buffer.from(`PK\x03\x04`, 'latin1'), fields, Buffer.from(name), content]);
    locals.push(local);
    directory.push(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), fields, place, Buffer.from(name));
    offset += local.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(listed.length, 12);
  end.writeUInt32LE(offset, 16);
  end.writeUInt16LE(comment.length, 20);
  return Buffer.concat([...locals, listed, end, Buffer.from(comment, 'latin1')]);
}

/** The form of a file for an NMC3 card: a ZIP file with a package inside. */
export function nmc3Of(content: Buffer): Buffer {
  return zipOf([{ name: 'firmware.spkg', content }]);
}

/** The content of the first entry. */
export function firstContent(zip: Buffer): Buffer {
  const start = 30 + zip.readUInt16LE(26) + zip.readUInt16LE(28);
  return zip.subarray(start, start + zip.readUInt32LE(18));
}
