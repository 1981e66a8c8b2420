// Compares uploads with `scp -O` and `curl -T`, in one run and against the same servers of this machine.
// Run by hand, as root: UPSFW_PEER_LOGIN=user:password npm run -s bench:upload
//
// Every program does all of its work each time (start, connection, key exchange, login, file), and the
// programs take turns. upsfw is measured twice: in a new process like the others, and in a running one, as
// for many units. The throughput excludes the time of a one-byte upload of the same program.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  accessSync,
  chmodSync,
  constants,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Secret } from '../src/core/index.ts';
import { systemClock } from '../src/files/index.ts';
import { uploadByFtp } from '../src/nmc/files/ftp.ts';
import { uploadByScp } from '../src/nmc/files/scp.ts';

const SELF = fileURLToPath(import.meta.url);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 7);
const AT_ONCE = Number(process.env.BENCH_AT_ONCE ?? 200);
const IMAGE = 1_700_000;
const LARGE = 64 * 1024 * 1024;

const bytesOf = (size) => Buffer.alloc(size, 'not all zero');

async function upload(method, { port, user, password, folder }, name, bytes) {
  const network = {
    host: '127.0.0.1',
    ports: { snmp: 161, ssh: port, ftp: port, telnet: 23, http: 80, https: 443 },
    snmp: null,
    write: null,
    login: { user, password: new Secret(password) },
    transfer: [method],
    start: ['cli'],
    plaintext: true,
    legacySsh: false,
  };
  const hostKeys = { get: async () => null, add: async () => undefined };
  const signal = new AbortController().signal;
  const file = { folder, name, bytes, progress: () => undefined };
  const end =
    method === 'ftp'
      ? await uploadByFtp({ network, clock: systemClock, signal, silenceSeconds: 300, hostKeys, ...file })
      : await uploadByScp({
          ssh: { network, hostKeys, handshakeSeconds: 300, clock: systemClock, signal },
          stalledSeconds: 300,
          afterLastByteSeconds: 300,
          ...file,
        });
  if (end !== 'done') throw new Error(`${method}: the upload ended as ${end}`);
}

/** In MB, of this process only: the system's figure for a child includes its parent. */
const peakOf = () => Number(/VmHWM:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'latin1'))?.[1]) / 1024;

/**
 * In a child: `--child scp|ftp size times`, with the server in the environment. Prints peak memory in MB and
 * seconds.
 */
if (process.argv[2] === '--child') {
  const [method, size, times] = process.argv.slice(3);
  const server = JSON.parse(process.env.BENCH_SERVER);
  const bytes = bytesOf(Number(size));
  const begun = performance.now();
  await Promise.all(
    Array.from({ length: Number(times) }, (_, index) => upload(method, server, `own-${index}`, bytes)),
  );
  const seconds = (performance.now() - begun) / 1000;
  process.stdout.write(JSON.stringify({ seconds, peak: peakOf() }));
  process.exit(0);
}

const find = (name) =>
  [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
const print = (text) => process.stdout.write(`${text}\n`);
const root = mkdtempSync(join(tmpdir(), 'upsfw-bench-'));
chmodSync(root, 0o755);
const daemons = [];

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function daemon(program, args, port) {
  const child = spawn(program, args, { stdio: 'ignore', detached: true });
  daemons.push(child);
  for (let tries = 0; tries < 200; tries += 1) {
    const open = await new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (open) return;
    if (child.exitCode !== null) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${program} did not start`);
}

function tool(program, args) {
  const { status, stderr, stdout } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} failed: ${stderr}`);
  return stdout.trim();
}

async function run(program, args, env = {}) {
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  let out = '';
  let errors = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${errors}`);
  return out;
}

async function sshServer([user, password]) {
  const port = await freePort();
  const folder = join(root, 'ssh');
  mkdirSync(folder);
  chmodSync(folder, 0o777);
  tool('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(root, 'host-key')]);
  mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const config = join(root, 'sshd_config');
  writeFileSync(
    config,
    [
      `ListenAddress 127.0.0.1:${port}`,
      `HostKey ${join(root, 'host-key')}`,
      'PasswordAuthentication yes',
      'UsePAM no',
      'StrictModes no',
      'PidFile none',
      'MaxStartups 1000',
      'LoginGraceTime 300',
      `AllowUsers ${user}`,
      '',
    ].join('\n'),
  );
  await daemon(find('sshd'), ['-D', '-f', config], port);
  const askpass = join(root, 'askpass');
  writeFileSync(askpass, '#!/bin/sh\nprintf "%s\\n" "$BENCH_PASSWORD"\n', { mode: 0o700 });
  const server = { port, user, password, folder: `${folder}/` };
  const options = [
    'StrictHostKeyChecking=no',
    'UserKnownHostsFile=/dev/null',
    'GlobalKnownHostsFile=/dev/null',
    'LogLevel=ERROR',
    'PreferredAuthentications=password',
  ].flatMap((option) => ['-o', option]);
  const env = { SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: 'force', BENCH_PASSWORD: password };
  const theirs = (file) =>
    run(
      'scp',
      ['-O', '-q', '-F', 'none', ...options, '-P', port, file, `${user}@127.0.0.1:${folder}/theirs`],
      env,
    );
  return { server, theirs, stored: (name) => statSync(join(folder, name)).size };
}

async function ftpServer() {
  const port = await freePort();
  const home = join(root, 'ftp');
  mkdirSync(join(home, 'upsfw'), { recursive: true });
  chmodSync(join(home, 'upsfw'), 0o777);
  const users = join(root, 'users');
  const hash = tool('openssl', ['passwd', '-6', '-salt', 'upsfw', 'secret']);
  writeFileSync(users, `apc:${hash}:65534:65534::${home}:/bin/false\n`, { mode: 0o600 });
  const config = join(root, 'proftpd.conf');
  writeFileSync(
    config,
    [
      'ServerType standalone',
      'DefaultAddress 127.0.0.1',
      `Port ${port}`,
      'UseIPv6 off',
      'UseReverseDNS off',
      'User nobody',
      'Group nogroup',
      'RequireValidShell off',
      'AuthOrder mod_auth_file.c',
      `AuthUserFile ${users}`,
      'DefaultRoot ~',
      'MaxInstances 1000',
      `PidFile ${join(root, 'pid')}`,
      `ScoreboardFile ${join(root, 'scoreboard')}`,
      `SystemLog ${join(root, 'log')}`,
      'TransferLog none',
      'WtmpLog off',
      'AllowOverwrite on',
      '',
    ].join('\n'),
  );
  await daemon(find('proftpd'), ['--nodaemon', '--quiet', '-c', config], port);
  const server = { port, user: 'apc', password: 'secret', folder: '/upsfw/' };
  const netrc = join(root, 'netrc');
  writeFileSync(netrc, 'machine 127.0.0.1 login apc password secret\n', { mode: 0o600 });
  const theirs = (file) =>
    run('curl', ['-sS', '--netrc-file', netrc, '-T', file, `ftp://127.0.0.1:${port}/upsfw/theirs`]);
  return { server, theirs, stored: (name) => statSync(join(home, 'upsfw', name)).size };
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

async function timed(work) {
  const begun = performance.now();
  await work();
  return (performance.now() - begun) / 1000;
}

async function measure(method, rival, { server, theirs, stored }) {
  const env = { BENCH_SERVER: JSON.stringify(server) };
  const child = (size, times) => run(process.execPath, [SELF, '--child', method, size, times], env);
  const sizes = { 'one byte': 1, image: IMAGE, large: LARGE };
  const jobs = Object.entries(sizes).flatMap(([what, size]) => {
    const file = join(root, `file-${size}`);
    const bytes = bytesOf(size);
    writeFileSync(file, bytes);
    return [
      { name: rival, what, size, work: () => theirs(file) },
      { name: 'ours, own process', what, size, work: () => child(size, 1) },
      { name: 'ours, running', what, size, work: () => upload(method, server, 'own-0', bytes) },
    ];
  });
  // Everything in every round, so that a busy minute affects all programs.
  const rounds = [];
  for (let round = -1; round < ROUNDS; round += 1) {
    const times = {};
    for (const { name, what, size, work } of jobs) {
      const seconds = await timed(work);
      const arrived = stored(name === rival ? 'theirs' : 'own-0');
      if (arrived !== size) throw new Error(`${name}: ${arrived} bytes arrived instead of ${size}`);
      times[name] = { ...times[name], [what]: seconds };
    }
    // The first round warms up caches.
    if (round >= 0) rounds.push(times);
  }
  const rows = Object.fromEntries(
    [rival, 'ours, own process', 'ours, running'].map((name) => {
      const of = (value) => median(rounds.map((times) => value(times[name])));
      return [
        name,
        {
          'one byte': of((row) => row['one byte']),
          image: of((row) => row.image),
          '64 MiB': of((row) => row.large),
          rate: (LARGE - 1) / 1e6 / of((row) => row.large - row['one byte']),
        },
      ];
    }),
  );
  print(`\n${method} (medians of ${ROUNDS}, seconds)`);
  print(
    `${'program'.padEnd(20)}${'one byte'.padStart(10)}${'1.7 MB'.padStart(10)}${'64 MiB'.padStart(10)}${'MB/s net'.padStart(10)}${'rival/ours, 1.7 MB'.padStart(20)}${'MB/s, ours/rival'.padStart(18)}`,
  );
  const rate = (row) => row.rate;
  const base = rows[rival];
  for (const [name, row] of Object.entries(rows)) {
    const cells = [row['one byte'], row.image, row['64 MiB']].map((value) => value.toFixed(3).padStart(10));
    const ratios = [base.image / row.image, rate(row) / rate(base)].map((value) => value.toFixed(2));
    print(
      `${name.padEnd(20)}${cells.join('')}${rate(row).toFixed(0).padStart(10)}${ratios[0].padStart(20)}${ratios[1].padStart(18)}`,
    );
  }
  const one = JSON.parse(await child(IMAGE, 1));
  const many = JSON.parse(await child(IMAGE, AT_ONCE));
  for (let index = 0; index < AT_ONCE; index += 1) {
    if (stored(`own-${index}`) !== IMAGE) throw new Error(`${method}: upload ${index} of many is incomplete`);
  }
  print(
    `${AT_ONCE} images at once, one process: ${many.seconds.toFixed(1)} s, peak ${many.peak.toFixed(0)} MB resident (one image: ${one.peak.toFixed(0)} MB)`,
  );
}

const missing = (...programs) => programs.filter((name) => find(name) === undefined);

try {
  print(`Node.js ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown processor'}`);
  const login = (process.env.UPSFW_PEER_LOGIN ?? '').split(':');
  const noSsh = missing('sshd', 'scp', 'ssh-keygen');
  if (process.getuid?.() !== 0) print('skipped: both servers must be started by root');
  else {
    if (noSsh.length > 0) print(`skipped: scp: ${noSsh.join(', ')} not installed`);
    else if (login.length !== 2)
      print('skipped: scp: it needs UPSFW_PEER_LOGIN=user:password of an account on this machine');
    else await measure('scp', 'scp -O', await sshServer(login));
    const noFtp = missing('proftpd', 'curl', 'openssl');
    if (noFtp.length > 0) print(`skipped: ftp: ${noFtp.join(', ')} not installed`);
    else await measure('ftp', 'curl -T', await ftpServer());
  }
} finally {
  for (const child of daemons) if (child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
  rmSync(root, { recursive: true, force: true });
}
