/** Credentials that every simulated card accepts. They open nothing real. */
export const ACCESS = {
  read: 'upsfw-sim-read',
  write: 'upsfw-sim-write',
  v3User: 'audit',
  v3Auth: 'upsfw-sim-auth-key',
  v3Priv: 'upsfw-sim-priv-key',
  user: 'apc',
  password: 'upsfw-sim-password',
} as const;
