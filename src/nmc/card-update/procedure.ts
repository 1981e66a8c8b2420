import { type CardHop, Problem } from '../../core/index.ts';
import type { Procedure } from '../procedure.ts';
import { findUploadObstacle } from '../upload-preconditions.ts';
import { executeBackup } from '../ups-update/backup.ts';
import { executeCardSettle, queryCardStart } from './settle.ts';
import { executeCardStart } from './start.ts';
import { executeCardVerify } from './verify.ts';

/** An update of the card itself: the upload is the start, so there is no transfer before it. */
export const cardUpdate: Procedure<CardHop> = {
  steps(timeouts, target, unit, hop) {
    const obstacle = findUploadObstacle(target, hop.image.file);
    if (obstacle !== null) return { possible: false, problem: obstacle };
    // A card without its application may not report its platform. Its serial number has identified it
    // already.
    const platform = unit.card?.platform ?? hop.to.platform;
    if (unit.card === null || platform !== hop.to.platform) {
      const card = unit.card === null ? 'no card' : `a card of ${platform}`;
      const problem = new Problem(
        'refused/no-path',
        `The unit has ${card}; the file is for ${hop.to.platform}.`,
        { hint: 'Make a new plan.' },
      );
      return { possible: false, problem };
    }
    return {
      possible: true,
      steps: [
        { step: 'backup', limitSeconds: timeouts.backup },
        { step: 'start', limitSeconds: timeouts.transfer },
        { step: 'settle', limitSeconds: timeouts.cardSettle + timeouts.start },
        { step: 'verify', limitSeconds: timeouts.verify + timeouts.start },
      ],
    };
  },
  query: { start: queryCardStart, settle: queryCardStart },
  execute: {
    backup: executeBackup,
    start: executeCardStart,
    settle: executeCardSettle,
    verify: executeCardVerify,
  },
};
