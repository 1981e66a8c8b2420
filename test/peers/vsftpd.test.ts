import { spawnSync } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findProgram, isRoot, skipped, startDaemon } from '../support/peers/daemon.ts';
import { ftpSuite } from '../support/peers/ftp-suite.ts';

/** It cannot be installed beside proftpd: .ci/run unpacks it and says where. */
const given = process.env.UPSFW_PEER_VSFTPD ?? '';
const PROGRAM = given === '' ? findProgram('vsftpd') : given;
const [user = '', password = ''] = (process.env.UPSFW_PEER_LOGIN ?? '').split(':');
const why = reason();
if (why !== null) skipped('upload to vsftpd', why);

function reason(): string | null {
  if (PROGRAM === null) return 'neither UPSFW_PEER_VSFTPD nor a program vsftpd';
  if (!isRoot() || user === '' || password === '') return 'it needs root and UPSFW_PEER_LOGIN=user:password';
  const { status, stdout, stderr } = spawnSync(PROGRAM, ['-v'], { encoding: 'utf8' });
  return status === 0 ? null : `${PROGRAM} does not run: ${stdout}${stderr}`.trim();
}

ftpSuite(why === null, {
  name: 'vsftpd',
  login: { user, password },
  tls: true,
  async serve(folder, port, certificate) {
    const root = join(folder, 'card');
    await mkdir(join(root, 'upsfw'), { recursive: true });
    await chmod(join(root, 'upsfw'), 0o777);
    const empty = join(folder, 'empty');
    await mkdir(empty, { recursive: true, mode: 0o555 });
    const config = [
      'listen=YES',
      'listen_address=127.0.0.1',
      `listen_port=${port}`,
      'background=NO',
      'anonymous_enable=NO',
      'local_enable=YES',
      'write_enable=YES',
      `local_root=${root}`,
      'chroot_local_user=YES',
      'allow_writeable_chroot=YES',
      `secure_chroot_dir=${empty}`,
      'nopriv_user=nobody',
      // A service without its own file is checked like any other login.
      'pam_service_name=upsfw-peer',
      'seccomp_sandbox=NO',
      'xferlog_enable=NO',
      ...(certificate === null
        ? []
        : [
            'ssl_enable=YES',
            'ssl_tlsv1=YES',
            'ssl_sslv2=NO',
            'ssl_sslv3=NO',
            'ssl_ciphers=HIGH',
            'force_local_logins_ssl=YES',
            'force_local_data_ssl=YES',
            // Data connections must resume the TLS session of the control connection.
            'require_ssl_reuse=YES',
            `rsa_cert_file=${certificate.cert}`,
            `rsa_private_key_file=${certificate.key}`,
          ]),
    ];
    const file = join(folder, 'vsftpd.conf');
    await writeFile(file, `${config.join('\n')}\n`);
    return startDaemon(PROGRAM ?? '', [file]);
  },
});
