import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/core/index.ts';
import { systemClock } from '../../src/files/index.ts';
import type { SnmpAnswers } from '../../src/snmp/client/values.ts';
import { lookBySnmp, type SnmpHub } from '../../src/snmp/index.ts';
import { haveRecordings, listRecordings, readRecording } from '../support/values/recordings.ts';

/** A hub with one agent that has the given values. hub.test.ts and the peers test sockets. */
function hubWith(values: SnmpAnswers): SnmpHub {
  return {
    foreignAnswers: 0,
    diagnoseSilence: async () => null,
    close: async () => undefined,
    open: async () => ({
      get: async (oids) => new Map(oids.map((oid) => [oid, values.get(oid) ?? null])),
      setInteger: () => Promise.reject(new Error('a look must not write')),
      close: () => undefined,
    }),
  };
}

const target = {
  site: 's',
  name: 'n',
  host: '127.0.0.1',
  port: 161,
  snmp: { version: '2c', community: new Secret('public') },
} as const;
const context = { clock: systemClock, signal: new AbortController().signal };

describe.runIf(haveRecordings)('a look at a recorded agent', () => {
  it.each(listRecordings().map((recording) => [recording.file, recording] as const))(
    'gives the right values for %s',
    async (file, { truth }) => {
      const { unit, kind, problem } = await lookBySnmp(hubWith(readRecording(file)), target, context);
      expect(kind === 'smart-ups').toBe(truth.isSmartUps);
      if (!truth.isSmartUps) {
        expect(problem?.code).toMatch(/^device\/(not-smart-ups|no-application)$/);
        return;
      }
      expect(problem).toBeNull();
      expect(unit.firmware).toEqual({
        raw: truth.firmwareRaw,
        version: truth.firmwareVersion,
        microLinkId: truth.microLinkId,
      });
      expect({
        model: unit.model,
        serial: unit.serial,
        manufactured: unit.manufactured,
        nmcModel: unit.card?.model ?? null,
        nmcSerial: unit.card?.serial ?? null,
        os: unit.card?.os ?? null,
        appName: unit.card?.app?.name ?? null,
        appVersion: unit.card?.app?.version ?? null,
      }).toEqual({
        model: truth.model,
        serial: truth.serial,
        manufactured: truth.manufactureDate,
        nmcModel: truth.nmcModel,
        nmcSerial: truth.nmcSerial,
        os: truth.aosVersion,
        appName: truth.appName,
        appVersion: truth.appVersion,
      });
    },
  );

  it('names a card without its application', async () => {
    const values = readRecording('nut2237_ap9617-aos-only.snmprec');
    expect((await lookBySnmp(hubWith(values), target, context)).problem?.code).toBe('device/no-application');
  });
});
