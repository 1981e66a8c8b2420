import { spawnSync } from 'node:child_process';
import { accessSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findProgram, isRoot, skipped, startDaemon } from '../support/peers/daemon.ts';
import { type CertificateFiles, ftpSuite } from '../support/peers/ftp-suite.ts';

const PROGRAM = findProgram('proftpd');
const MODULES = '/usr/lib/proftpd';
const can = PROGRAM !== null && isRoot();
const tls = can && hasModule('mod_tls.so');
if (!can)
  skipped('upload to proftpd', PROGRAM === null ? 'proftpd is not installed' : 'it must be started by root');
else if (!tls) skipped('encrypted upload to proftpd', 'proftpd-mod-crypto is not installed');

/** Password "secret" as crypt(3) writes it. */
const hash = can
  ? spawnSync('openssl', ['passwd', '-6', '-salt', 'upsfw', 'secret'], { encoding: 'utf8' }).stdout.trim()
  : '';

ftpSuite(can, {
  name: 'proftpd',
  login: { user: 'apc', password: 'secret' },
  tls,
  async serve(folder, port, certificate) {
    const root = join(folder, 'card');
    await mkdir(join(root, 'upsfw'), { recursive: true });
    await chmod(join(root, 'upsfw'), 0o777);
    const users = join(folder, 'users');
    await writeFile(users, `apc:${hash}:65534:65534::${root}:/bin/false\n`);
    await chmod(users, 0o600);
    const config = [
      ...(certificate === null ? [] : [`ModulePath ${MODULES}`, 'LoadModule mod_tls.c']),
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
      `PidFile ${join(folder, 'pid')}`,
      `ScoreboardFile ${join(folder, 'scoreboard')}`,
      `SystemLog ${join(folder, 'log')}`,
      'TransferLog none',
      'WtmpLog off',
      'AllowOverwrite on',
      ...encryption(certificate),
    ];
    const file = join(folder, 'proftpd.conf');
    await writeFile(file, `${config.join('\n')}\n`);
    return startDaemon(PROGRAM ?? '', ['--nodaemon', '--quiet', '-c', file]);
  },
});

/**
 * A session of a data connection that is not the one of its control connection is refused: the strict form.
 */
function encryption(certificate: CertificateFiles | null): readonly string[] {
  if (certificate === null) return [];
  return [
    'TLSEngine on',
    'TLSRequired on',
    `TLSRSACertificateFile ${certificate.cert}`,
    `TLSRSACertificateKeyFile ${certificate.key}`,
  ];
}

function hasModule(name: string): boolean {
  try {
    accessSync(join(MODULES, name));
    return true;
  } catch {
    return false;
  }
}
