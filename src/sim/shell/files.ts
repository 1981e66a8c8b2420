import type { SimulatedDevice } from '../device/device.ts';
import { absolutePath, cardFiles } from '../device/files.ts';
import { FAILED, OK, type ShellAnswer } from './answer.ts';

/** Where a session is in the card's flash. */
export interface Folder {
  path: string;
}

export function changeFolder(device: SimulatedDevice, folder: Folder, where: string): ShellAnswer {
  const path = absolutePath(where, folder.path);
  if (!cardFiles(device).isFolder(path)) return FAILED;
  folder.path = path;
  return { lines: [OK] };
}

/** `dir`: a folder, or one file. */
export function listFolder(device: SimulatedDevice, folder: Folder, where: string): ShellAnswer {
  const lines = cardFiles(device).lines(absolutePath(where, folder.path));
  return lines === null ? FAILED : { lines: [OK, ...lines] };
}

/** Lines of a folder as a card prints them; none where there is no such folder. */
export function listing(device: SimulatedDevice, path: string): readonly string[] {
  return cardFiles(device).lines(absolutePath(path, '/')) ?? [];
}

/** `xferStatus`: how the last file arrived. Source: docs/sources/card.md#command-output */
export function transferStatus(device: SimulatedDevice): string[] {
  const result = device.lastArrival === null ? 'Result not available' : device.lastArrival;
  return [OK, `Result of last file transfer: ${result}`];
}
