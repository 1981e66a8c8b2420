import type { UpsHop } from '../../core/index.ts';
import { refusalOf } from '../generations/index.ts';
import type { Procedure } from '../procedure.ts';
import { findStartObstacle, findUploadObstacle } from '../upload-preconditions.ts';
import { executeBackup } from './backup.ts';
import { executeSettle, queryStart } from './settle.ts';
import { executeStart } from './start.ts';
import { executeTransfer, queryTransfer } from './transfer.ts';
import { executeVerify } from './verify.ts';

/** An update of the UPS: the image is stored on the card first, then the start is requested. */
export const upsUpdate: Procedure<UpsHop> = {
  steps(timeouts, target, unit, hop) {
    const refusal = refusalOf(unit.card);
    if (refusal !== null) return { possible: false, problem: refusal };
    const obstacle = findUploadObstacle(target, hop.image.file);
    if (obstacle !== null) return { possible: false, problem: obstacle };
    const warning = findStartObstacle(target);
    return {
      possible: true,
      steps: [
        { step: 'backup', limitSeconds: timeouts.backup },
        { step: 'transfer', limitSeconds: timeouts.transfer },
        { step: 'start', limitSeconds: timeouts.start },
        { step: 'settle', limitSeconds: timeouts.settle + timeouts.start },
        { step: 'verify', limitSeconds: timeouts.verify + timeouts.start },
      ],
      ...(warning === null ? {} : { warning }),
    };
  },
  query: { transfer: queryTransfer, start: queryStart, settle: queryStart },
  execute: {
    backup: executeBackup,
    transfer: executeTransfer,
    start: executeStart,
    settle: executeSettle,
    verify: executeVerify,
  },
};
