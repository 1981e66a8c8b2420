/** Names that DOS kept for its devices; with any ending they still mean the device. */
const DEVICE = /^(?:con|prn|aux|nul|com[1-9]|lpt[1-9])(?:\.|$)/i;
const LONGEST = 255;

/** What keeps a file name from being stored on a FAT file system as it is; null where nothing does. */
export function fatNameTrouble(name: string): string | null {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: FAT holds none of them
  const odd = /["*/:<>?\\|\u0000-\u001f\u007f]/.exec(name)?.[0];
  if (odd !== undefined) return `it has the character ${JSON.stringify(odd)}`;
  if (name === '' || name.length > LONGEST) return `it has ${name.length} characters, and FAT holds 1 to 255`;
  if (/[. ]$/.test(name) || name.startsWith(' '))
    return 'it begins with a blank, or ends in a blank or a point';
  return DEVICE.test(name) ? 'it is the name of a device' : null;
}
