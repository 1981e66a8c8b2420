import { describe, expect, it } from 'vitest';
import { type NetworkAccess, type Problem, Secret } from '../../src/core/index.ts';
import { createLogins } from '../../src/nmc/index.ts';

const login = { user: 'apc', password: new Secret('swordfish', 'env:UPS_PASSWORD') };

function card(number: number): NetworkAccess {
  return {
    host: `127.0.0.${number}`,
    ports: { snmp: 161, ssh: 22, ftp: 21, telnet: 23, http: 80, https: 443 },
    snmp: null,
    write: null,
    login,
    transfer: ['scp'],
    start: ['cli'],
    plaintext: false,
    legacySsh: false,
  };
}

describe('the logins of a run', () => {
  it('send a refused login to no card twice, and to no third card', async () => {
    const limits: Problem[] = [];
    const logins = createLogins({ onLimit: (problem) => limits.push(problem) });
    for (const number of [1, 2]) (await logins.begin(card(number), `card ${number}`, login)).refused();
    await expect(logins.begin(card(1), 'card 1', login)).rejects.toMatchObject({ code: 'device/login' });
    await expect(logins.begin(card(3), 'card 3', login)).rejects.toMatchObject({ code: 'refused/login' });
    expect(limits).toHaveLength(1);
    expect(limits[0]?.message).toContain('env:UPS_PASSWORD');
    expect(limits[0]?.message).toContain('accepted by none');
    expect(limits[0]?.message).not.toContain('swordfish');
  });

  it('try a credential that no card has accepted at one card at a time', async () => {
    const logins = createLogins();
    const first = await logins.begin(card(1), 'card 1', login);
    let hasBegun = false;
    const second = logins.begin(card(2), 'card 2', login).then((begun) => {
      hasBegun = true;
      return begun;
    });
    await Promise.resolve();
    expect(hasBegun).toBe(false);
    first.accepted();
    (await second).accepted();
    expect(hasBegun).toBe(true);
    await logins.begin(card(3), 'card 3', login);
  });

  it('continue with the next card if one does not answer', async () => {
    const logins = createLogins();
    const first = await logins.begin(card(1), 'card 1', login);
    const second = logins.begin(card(2), 'card 2', login);
    first.unanswered();
    (await second).accepted();
  });

  it('do not report an accepted credential as accepted by none', async () => {
    const limits: Problem[] = [];
    const logins = createLogins({ onLimit: (problem) => limits.push(problem) });
    (await logins.begin(card(1), 'card 1', login)).accepted();
    for (const number of [2, 3]) (await logins.begin(card(number), `card ${number}`, login)).refused();
    expect(limits[0]?.message).toContain('other cards accepted it');
    // A card accepted it before, so further cards get it.
    (await logins.begin(card(4), 'card 4', login)).accepted();
  });
});
