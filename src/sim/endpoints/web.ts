import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import type { SimulatedDevice } from '../device/device.ts';
import { openCardEndpoint } from './card.ts';
import { selfSigned } from './certificate.ts';
import type { Endpoint } from './endpoint.ts';

/** The web page of a card; where its persona says so, only the way to the one with TLS, which is at `securePort`. */
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

/** The page over TLS, with a certificate that the card signed itself. */
export function openHttpsEndpoint(device: SimulatedDevice, address: string): Promise<Endpoint> {
  const servers = new Map<number, SecureServer>();
  const serverWith = (number: number): SecureServer => {
    const known = servers.get(number);
    if (known !== undefined) return known;
    const server = createSecureServer(selfSigned(device.cardSerial, number), page(device));
    // Clients leave in every way there is.
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

/** A name, and nothing that could be clicked: what the pages of a card hold is published nowhere. */
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
