import type { SimulatedDevice } from '../device/device.ts';
import { openCardFace } from './card-face.ts';
import type { Face } from './face.ts';
import { FtpConversation } from './ftp-conversation.ts';

/** The FTP server of a card: active and passive data connections, explicit TLS on some, no extras (EPSV and SIZE are not known). */
export function openFtpFace(device: SimulatedDevice, address: string): Promise<Face> {
  let connections = 0;
  return openCardFace(device, address, (socket) => {
    // The command line can switch the service off with the next start.
    if (!device.card.ftpOn) {
      socket.destroy();
      return;
    }
    connections += 1;
    new FtpConversation(device, socket, address, connections).start();
  });
}
