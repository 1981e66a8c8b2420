import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import type { SimulatedDevice } from '../device/device.ts';
import { openCardEndpoint } from './card.ts';
import { selfSigned } from './certificate.ts';
import type { Endpoint } from './endpoint.ts';

/** The web page of a card over HTTP; depending on the persona, only a redirect to HTTPS at `securePort`. */
export function openHttpEndpoint(
  device: SimulatedDevice,
  address: string,
  securePort: number | null,
): Promise<Endpoint> {
  const place = `https://${address}${securePort === null ? '' : `:${securePort}`}/`;
  const server = createServer(device.persona.http === 'redirect' ? sendTo(place) : page(device));
  return openCardEndpoint(device, address, (socket) => {
    server.emit('connection', socket);
  });
}

/** The page over HTTPS, with a self-signed certificate. */
export function openHttpsEndpoint(device: SimulatedDevice, address: string): Promise<Endpoint> {
  const servers = new Map<number, SecureServer>();
  const serverWith = (number: number): SecureServer => {
    const known = servers.get(number);
    if (known !== undefined) return known;
    const server = createSecureServer(selfSigned(device.cardSerial, number), page(device));
    // Clients may leave at any time.
    server.on('tlsClientError', (_, socket) => socket.destroy());
    servers.set(number, server);
    return server;
  };
  let connections = 0;
  return openCardEndpoint(device, address, (socket) => {
    connections += 1;
    serverWith(device.has('certificate-changes') && connections > 1 ? 1 : 0).emit('connection', socket);
  });
}

/** A page with a title only: the content of a card's pages is not published. */
function page(device: SimulatedDevice): RequestListener {
  const title = `${device.persona.card.model} ${device.name}`.replace(/[<>&]/g, ' ');
  return (request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'text/html', connection: 'close' });
    response.end(`<!doctype html><title>${title}</title><h1>upsfw simulated unit</h1>\n`);
  };
}

function sendTo(place: string): RequestListener {
  return (request, response) => {
    request.resume();
    response.writeHead(301, { location: place, connection: 'close' });
    response.end();
  };
}
