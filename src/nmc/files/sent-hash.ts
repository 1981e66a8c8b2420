import { createHash } from 'node:crypto';
import { Problem, type StoredFile } from '../../core/index.ts';

/** Hashes a file on its way to a card, so that what was sent is known and not only what was read. */
export interface SentHash {
  /** Takes in a piece as it is handed to the network. */
  readonly piece: (bytes: Buffer) => void;
  /** Throws Problem image/changed if the bytes that were sent are not those of the plan. */
  verify(): void;
}

/** `hint`: of the problem. */
export function createSentHash(
  { file, sha256 }: Pick<StoredFile, 'file' | 'sha256'>,
  hint: string,
): SentHash {
  const hash = createHash('sha256');
  return {
    piece: (bytes) => {
      hash.update(bytes);
    },
    verify() {
      const sent = hash.digest('hex');
      if (sent === sha256) return;
      throw new Problem('image/changed', `${file}: planned with sha256 ${sha256}, sent with ${sent}.`, {
        hint,
      });
    },
  };
}
