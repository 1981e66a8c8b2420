import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

/** The FTP server of a fake card: passive uploads into its root, after which it is silent. */

export interface FtpSink {
  /** Called with the first bytes; false disconnects. */
  readonly begun: () => boolean;
  readonly arrived: (name: string, bytes: Buffer) => void;
}

export function serveFtp(control: Socket, password: string, sink: FtpSink): void {
  let data: Promise<Socket> | null = null;
  const reply = (line: string): void => {
    if (control.writable) control.write(`${line}\r\n`);
  };
  reply('220 AP9630 Network Management Card AOS FTP server ready.');
  control.on('data', (chunk) => {
    for (const line of chunk.toString('latin1').split('\r\n')) {
      const [verb = '', argument = ''] = line.split(' ');
      if (verb === 'USER') reply('331 Password.');
      else if (verb === 'PASS')
        reply(argument === password ? '230 Login successful.' : '530 Login incorrect.');
      else if (verb === 'PASV') data = passive(reply);
      else if (verb === 'STOR') {
        reply('150 Opening data connection.');
        void data?.then((socket) => store(socket, control, argument.replace('/', ''), sink));
      } else if (['TYPE', 'CWD', 'PWD', 'SYST'].includes(verb))
        reply(verb === 'PWD' ? '257 "/"' : verb === 'CWD' ? '250 Okay.' : '200 Okay.');
      else if (verb !== '') reply('502 Not implemented.');
    }
  });
}

async function passive(reply: (line: string) => void): Promise<Socket> {
  const server = createServer({ pauseOnConnect: true });
  const connected = once(server, 'connection');
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    reply(`227 Entering Passive Mode (127,0,0,1,${port >> 8},${port & 255}).`);
  });
  const [socket]: Socket[] = await connected;
  server.close();
  if (socket === undefined) throw new Error('no connection');
  return socket;
}

function store(socket: Socket, control: Socket, name: string, sink: FtpSink): void {
  const chunks: Buffer[] = [];
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    chunks.push(chunk);
    if (chunks.length > 1 || sink.begun()) return;
    socket.destroy();
    control.destroy();
  });
  socket.on('end', () => sink.arrived(name, Buffer.concat(chunks)));
  socket.resume();
}
