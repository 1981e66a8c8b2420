// Compares the sweep with onesixtyone, nut-scanner and braa, in one run and against the same agents.
// Run by hand: npm run -s bench:discover. As root the agents listen on port 161, the only one that
// nut-scanner supports.
//
// The load is many fake agents on loopback (bench/fake-agents.mjs); dead addresses are silent. Every program
// runs as a new process each time, and the programs take turns. Peers only find who answers: braa and
// onesixtyone read one object, nut-scanner a few. upsfw reads every field that an audit needs.
//
// The first part measures the default rate; BENCH_ONLY=defaults runs no other.
import { fork, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { USER } from './fake-units.mjs';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const PORT = process.getuid?.() === 0 ? 161 : 16_161;
const MAIN = fileURLToPath(new URL('../bin/upsfw.cjs', import.meta.url));
const AGENTS = fileURLToPath(new URL('./fake-agents.mjs', import.meta.url));
const ONLY_DEFAULTS = process.env.BENCH_ONLY === 'defaults';
const print = (text) => process.stdout.write(`${text}\n`);
const folder = mkdtempSync(join(tmpdir(), 'upsfw-bench-'));

/** `count` addresses from 127.`second`.0.0 on. */
function block(second, count) {
  return Array.from({ length: count }, (_, index) => `127.${second}.${index >> 8}.${index & 255}`);
}

async function startAgents(kind, addresses) {
  const processes = kind === 'silence' ? 1 : Math.max(2, Math.ceil(addresses.length / 6000));
  return Promise.all(
    Array.from({ length: processes }, async (_, part) => {
      const child = fork(AGENTS);
      const mine = addresses.filter((_address, index) => index % processes === part);
      child.send({ kind, port: PORT, community: 'public', addresses: mine });
      await once(child, 'message');
      return child;
    }),
  );
}

function stop(children) {
  return Promise.all(
    children.map((child) => {
      if (!child.connected) throw new Error('a bench agent died');
      child.disconnect();
      return once(child, 'exit');
    }),
  );
}

/** Runs a program; returns wall seconds, CPU seconds and peak memory. */
async function run([command, ...args]) {
  const begun = performance.now();
  const child = spawn('bash', ['-c', '"$0" "$@"; code=$?; times >&2; exit $code', command, ...args], {
    env: {
      ...process.env,
      UPSFW_BENCH: 'public',
      UPSFW_BENCH_AUTH: USER.authKey,
      UPSFW_BENCH_PRIV: USER.privKey,
    },
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('latin1').on('data', (text) => {
    out += text;
  });
  child.stderr.setEncoding('latin1').on('data', (text) => {
    err += text;
  });
  let peakKb = 0;
  const watch = setInterval(() => {
    peakKb = Math.max(peakKb, ...childrenOf(child.pid).map(peakOf));
  }, 20);
  await once(child, 'close');
  clearInterval(watch);
  const wall = (performance.now() - begun) / 1000;
  // The second line of `times` is that of the children.
  const last = err.trim().split('\n').at(-1) ?? '';
  const cpu = [...last.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, m, s]) => sum + Number(m) * 60 + Number(s),
    0,
  );
  return { out, wall, cpu, peakMb: peakKb / 1024 };
}

function childrenOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
  } catch {
    return [];
  }
}

function peakOf(pid) {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

const COMMAND = [process.execPath, MAIN, 'discover'];
const WITH_DEFAULTS = ['--port', String(PORT), '--json', '--state', folder];
const ours = (first, last, credential, ...more) => [
  ...COMMAND,
  `${first}-${last}`,
  ...[...WITH_DEFAULTS, '--rate', 'max'],
  ...(more.includes('--timeout') ? [] : ['--timeout', '0.5']),
  ...credential,
  ...more,
];
const COMMUNITY = ['--community', 'env:UPSFW_BENCH'];
const V3 = ['--credentials', join(folder, 'users.yaml')];
writeFileSync(
  join(folder, 'users.yaml'),
  `version: 1\nsnmp:\n  - { version: "3", user: ${USER.name}, auth: sha, authKey: env:UPSFW_BENCH_AUTH, priv: aes, privKey: env:UPSFW_BENCH_PRIV }\n`,
);

const isThere = (program) => spawnSync('which', [program]).status === 0;

/** Units found and, for upsfw, read completely: every field that these agents have. */
function counted(out) {
  const { units, seconds } = JSON.parse(out);
  const whole = units.filter(
    ({ serial, model, sku, manufactured, ratingVA, firmware, card, condition }) =>
      [
        serial,
        model,
        sku,
        manufactured,
        ratingVA,
        firmware.version,
        firmware.microLinkId,
        card?.os,
        card?.app?.version,
      ].every((value) => value !== null && value !== undefined) &&
      [
        condition.onLine,
        condition.outputOn,
        condition.batteryPercent,
        condition.runtimeSeconds,
        condition.alarms,
      ].every((value) => value !== null),
  );
  return {
    found: units.length,
    whole: whole.length,
    serials: new Set(units.map(({ serial }) => serial)).size,
    seconds,
  };
}

function peers(addresses) {
  const [first] = addresses;
  const last = addresses.at(-1);
  const list = join(folder, 'hosts.txt');
  writeFileSync(list, `${addresses.join('\n')}\n`);
  const lines = (pattern) => (out) => ({
    found: new Set([...out.matchAll(pattern)].map(([, address]) => address)).size,
  });
  return [
    {
      name: 'onesixtyone -w 0',
      needs: 'onesixtyone',
      args: ['onesixtyone', '-w', '0', '-p', String(PORT), '-i', list, '-c', join(folder, 'communities.txt')],
      // It ends a line only after an agent's answer.
      read: lines(/(127\.[\d.]+) \[public\]/g),
    },
    {
      name: 'braa -t 1 -r 1',
      needs: 'braa',
      args: ['braa', '-t', '1', '-r', '1', `public@${first}-${last}:${PORT}:.1.3.6.1.2.1.1.2.0`],
      read: lines(/^(127\.[\d.]+):/gm),
    },
    ...(PORT === 161
      ? [
          {
            name: 'nut-scanner -S -t 1 -T 4096',
            needs: 'nut-scanner',
            args: ['nut-scanner', '-S', '-t', '1', '-T', '4096', '-P', '-s', first, '-e', last],
            read: lines(/port="(127\.[^"]+)"/g),
          },
        ]
      : []),
  ].filter(({ needs }) => isThere(needs));
}
writeFileSync(join(folder, 'communities.txt'), 'public\n');

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

async function compare(title, live, programs) {
  print(`\n## ${title}\n`);
  print('| program | wall s | CPU s | peak MB | found | read whole | in-process s |');
  print('| --- | ---: | ---: | ---: | ---: | ---: | ---: |');
  const runs = new Map(programs.map(({ name }) => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1)
    for (const { name, args, read } of programs) {
      const ran = await run(args);
      runs.get(name).push({ ...ran, ...read(ran.out) });
    }
  const middle = new Map();
  for (const [name, all] of runs) {
    const of = (field) => median(all.map((one) => one[field] ?? Number.NaN));
    const worst = (field) => Math.min(...all.map((one) => one[field] ?? Number.NaN));
    const shown = (value, digits) => (Number.isNaN(value) ? '-' : value.toFixed(digits));
    print(
      `| ${name} | ${shown(of('wall'), 2)} | ${shown(of('cpu'), 2)} | ${shown(of('peakMb'), 0)} | ${worst('found')} of ${live} | ${shown(worst('whole'), 0)} | ${shown(of('seconds'), 2)} |`,
    );
    middle.set(name, of('wall'));
  }
  return middle;
}

print(
  `Node.js ${process.version}, ${cpus().length} x ${cpus()[0]?.model}, port ${PORT}, ${ROUNDS} rounds: medians; found and read whole: the worst round`,
);
/** Against the peers, without a limit to the rate. `silence` swallows requests to dead addresses. */
async function withoutLimit(silence) {
  const wide = block(101, 16_384);
  const few = wide.filter((_, index) => index % 20 === 7);
  let agents = await startAgents('v2c', few);
  const range = [wide[0], wide.at(-1)];
  const walls = await compare('16,384 addresses, 5 % live, one retry', few.length, [
    // Loopback answers at once; the peers have no timeout below one second.
    { name: 'upsfw --timeout 0.3', args: ours(...range, COMMUNITY, '--timeout', '0.3'), read: counted },
    { name: 'upsfw --timeout 0.5', args: ours(...range, COMMUNITY), read: counted },
    ...peers(wide),
  ]);
  const [short, long, ...others] = [...walls.values()];
  const fastest = Math.min(...others);
  if (others.length > 0)
    print(
      `\nupsfw takes ${(short / fastest).toFixed(2)} and ${(long / fastest).toFixed(2)} of the time of the fastest peer.`,
    );
  await stop(agents);

  agents = await startAgents('v2c', wide);
  await compare('16,384 addresses, all live', wide.length, [
    { name: 'upsfw', args: ours(...range, COMMUNITY), read: counted },
  ]);
  await stop(agents);

  const thousand = block(102, 1000);
  agents = await startAgents('v2c', thousand);
  const plain = await compare('1,000 live units, SNMPv2c', 1000, [
    { name: 'upsfw', args: ours(thousand[0], thousand.at(-1), COMMUNITY), read: counted },
  ]);
  await stop(agents);
  // Version 3 agents cannot share their port with a socket for all addresses.
  await stop(silence);
  agents = await startAgents('v3', thousand);
  const secret = await compare('1,000 live units, SNMPv3 authPriv (SHA, AES), an engine each', 1000, [
    { name: 'upsfw', args: ours(thousand[0], thousand.at(-1), V3), read: counted },
  ]);
  await stop(agents);
  print(`\nSNMPv3 takes ${(secret.get('upsfw') / plain.get('upsfw')).toFixed(2)} times as long as SNMPv2c.`);
}

/** The default rate, timeout and number of requests. */
async function withDefaults() {
  const few = (list, nth) => list.filter((_, index) => index % nth === 7);
  const wide = block(103, 65_536);
  const small = wide.slice(0, 1024);
  for (const [title, addresses, live] of [
    ['1,024 addresses, 5 % live', small, few(small, 20)],
    ['1,024 addresses, none live', small, []],
    ['65,536 addresses (a /16), 0.1 % live', wide, few(wide, 1000)],
    ['65,536 addresses (a /16), 5 % live', wide, few(wide, 20)],
    ['65,536 addresses (a /16), none live', wide, []],
  ]) {
    const agents = live.length === 0 ? [] : await startAgents('v2c', live);
    const range = `${addresses[0]}-${addresses.at(-1)}`;
    await compare(`Defaults: ${title}`, live.length, [
      { name: 'upsfw', args: [...COMMAND, range, ...WITH_DEFAULTS, ...COMMUNITY], read: counted },
    ]);
    await stop(agents);
  }
}

const silence = await startAgents('silence', []);
if (ONLY_DEFAULTS) {
  await withDefaults();
  await stop(silence);
} else {
  await withDefaults();
  await withoutLimit(silence);
}
rmSync(folder, { recursive: true, force: true });
