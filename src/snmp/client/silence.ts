import dgram from 'node:dgram';
import { hasCode, Problem, type SnmpAccess } from '../../core/index.ts';
import { decodeMessage } from './message.ts';
import { engineProbe } from './probe.ts';
import { type Endpoint, wrongCredential } from './problems.ts';

const WAIT_MS = 1000;

/**
 * Finds out why an agent is silent. A socket of its own learns what a shared one does not: that the port is
 * closed, or that there is no route. An SNMPv3 agent answers every question for its engine, so if it does,
 * the credential is the cause. Null if only the silence is known.
 */
export function diagnoseSilence(
  address: string,
  family: 4 | 6,
  endpoint: Endpoint,
  access: SnmpAccess,
): Promise<Problem | null> {
  const { host, port } = endpoint;
  const { bytes, id } = engineProbe();
  const socket = dgram.createSocket(family === 4 ? 'udp4' : 'udp6');
  return new Promise((resolve) => {
    let ended = false;
    const end = (problem: Problem | null): void => {
      if (ended) return;
      ended = true;
      clearTimeout(limit);
      socket.close();
      resolve(problem);
    };
    const limit = setTimeout(() => end(null), WAIT_MS);
    socket.on('error', (error) => end(problemOf(error, host, port)));
    socket.on('message', (answer) => {
      if (isReport(answer, id)) end(wrongCredential(endpoint, access));
    });
    socket.connect(port, address, () => {
      if (!ended)
        socket.send(bytes, (error) => {
          if (error !== null) end(problemOf(error, host, port));
        });
    });
  });
}

/** Whether a datagram is the report with which an SNMPv3 agent answers the question. */
function isReport(datagram: Buffer, id: number): boolean {
  try {
    const message = decodeMessage(datagram);
    return (
      message.version === '3' &&
      message.id === id &&
      'pdu' in message.scoped &&
      message.scoped.pdu.type === 'report'
    );
  } catch {
    // A device without SNMP proves nothing about a credential.
    return false;
  }
}

function problemOf(error: Error, host: string, port: number): Problem | null {
  if (hasCode(error, 'ECONNREFUSED')) {
    return new Problem('link/refused', `Nothing listens at UDP port ${port} of ${host}.`, {
      hint: 'Enable SNMP on the card, or correct its port in the inventory.',
      cause: error,
    });
  }
  if (['EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN'].some((code) => hasCode(error, code))) {
    return new Problem('link/unreachable', `There is no route to ${host}.`, {
      hint: 'Check its address, and the route from this machine.',
      cause: error,
    });
  }
  return null;
}
