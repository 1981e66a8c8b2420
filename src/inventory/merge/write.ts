import { constants } from 'node:fs';
import { access, chmod, chown, open, readFile, readlink, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { hasCode, Problem } from '../../core/index.ts';
import { placeNew } from '../../files/index.ts';

const NEW_MODE = 0o600;

/**
 * Writes an inventory file atomically. An existing file keeps its mode, and a link is followed. `before`: the
 * text that was read, null where there was no file; a file that changed since then is not overwritten. Throws
 * Problem config/inventory and leaves the file unchanged then.
 */
export async function writeInventoryFile(path: string, text: string, before: string | null): Promise<void> {
  try {
    const target = await realFile(path);
    await refuseChanged(path, target, before);
    await replace(path, target, text, before === null);
  } catch (thrown) {
    if (thrown instanceof Problem) throw thrown;
    const why = thrown instanceof Error && 'code' in thrown ? ` (${String(thrown.code)})` : '';
    throw new Problem('config/inventory', `The inventory ${path} cannot be written${why}.`, {
      hint: 'Give the user that runs upsfw the right to write this file and its folder, or name another file.',
      cause: thrown,
    });
  }
}

/** The file that a path leads to, which need not exist. */
async function realFile(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (thrown) {
    if (!hasCode(thrown, 'ENOENT')) throw thrown;
  }
  try {
    // A link without its file: the file is created where the link points to.
    return resolve(await realpath(dirname(path)), await readlink(path));
  } catch (thrown) {
    if (hasCode(thrown, 'ENOENT') || hasCode(thrown, 'EINVAL')) return resolve(path);
    throw thrown;
  }
}

async function refuseChanged(path: string, target: string, before: string | null): Promise<void> {
  let bytes: Buffer;
  try {
    bytes = await readFile(target);
  } catch (thrown) {
    if (!hasCode(thrown, 'ENOENT')) throw thrown;
    if (before === null) return;
    throw changed(path);
  }
  if (before === null || bytes.toString('utf8') !== before) throw changed(path);
  if (bytes.equals(Buffer.from(before))) return;
  // Decoding replaced invalid bytes, and writing would make that permanent.
  throw new Problem('config/inventory', `The inventory ${path} is not valid UTF-8 text.`, {
    hint: 'Save it as UTF-8 in an editor, then try again.',
  });
}

function changed(path: string): Problem {
  return new Problem('config/inventory', `The inventory ${path} was changed since it was read.`, {
    hint: 'Nothing was written. Run the command again.',
  });
}

async function replace(path: string, target: string, text: string, isNew: boolean): Promise<void> {
  const old = isNew ? null : await stat(target);
  // A rename does not check whether the file itself is writable.
  if (old !== null) await access(target, constants.W_OK);
  const draft = `${target}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  const handle = await open(draft, 'wx', NEW_MODE);
  try {
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (old === null) {
      // Unlike a rename, this fails where another process created the file in the meantime.
      if (!(await placeNew(draft, target))) throw changed(path);
      return;
    }
    const made = await stat(draft);
    if (made.uid !== old.uid || made.gid !== old.gid) await chown(draft, old.uid, old.gid);
    await chmod(draft, old.mode & 0o7777);
    await rename(draft, target);
  } finally {
    await rm(draft, { force: true });
  }
}
