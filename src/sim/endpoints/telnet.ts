import type { SimulatedDevice } from '../device/device.ts';
import { Terminal } from '../shell/terminal.ts';
import { openCardEndpoint } from './card.ts';
import type { Endpoint } from './endpoint.ts';

/**
 * Bytes that are not typed text: protocol commands with their option, and the zero byte after a carriage
 * return (RFC 854). A doubled 255 is dropped too, because nobody types one.
 */
const PROTOCOL = /\u00ff(?:[\u00fb-\u00fe][\s\S]|\u00fa[\s\S]*?\u00ff\u00f0|[^\u00fa-\u00fe])|\0/g;
/** An incomplete protocol command. */
const UNFINISHED = /\u00ff(?:[\u00fb-\u00fe]|\u00fa[\s\S]*)?$/;
const LONGEST_COMMAND = 256;

/**
 * Telnet: the login of the serial console, then the command line as over SSH. It negotiates no options,
 * because those of a card are not known.
 */
export function openTelnetEndpoint(device: SimulatedDevice, address: string): Promise<Endpoint> {
  return openCardEndpoint(device, address, (socket) => {
    const terminal = new Terminal(device, {
      write: (text) => {
        if (socket.writable) socket.write(text, 'latin1');
      },
      end: () => {
        socket.end();
      },
      hangUp: () => {
        socket.destroy();
      },
    });
    let pending = '';
    socket.on('close', () => terminal.close());
    socket.on('data', (chunk) => {
      const text = (pending + chunk.toString('latin1')).replace(PROTOCOL, '');
      const cut = text.search(UNFINISHED);
      pending = cut === -1 ? '' : text.slice(cut).slice(0, LONGEST_COMMAND);
      terminal.feed(cut === -1 ? text : text.slice(0, cut));
    });
    terminal.start('login');
  });
}
