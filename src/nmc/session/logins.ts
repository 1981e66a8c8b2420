import { type Login, type NetworkAccess, Problem, type Secret } from '../../core/index.ts';

/** One try of a login, from right before the password is sent. Exactly one of its functions is called. */
export interface LoginTry {
  accepted(): void;
  /** Notes the refusal, and gives the Problem for it. */
  refused(): Problem;
  /** The connection ended without an answer to the login. */
  unanswered(): void;
}

/**
 * Logins over all protocols of one run. A card locks a user after some wrong passwords, and a central account is locked by a few
 * cards together, so a refused login is never sent to the same card again, and a credential that no card has accepted yet is tried
 * at one card at a time.
 */
export interface Logins {
  /** Resolves when the password may be sent to the card. Throws as `refuseKnown` does. */
  begin(network: NetworkAccess, where: string, login: Login): Promise<LoginTry>;
  /**
   * Throws Problem device/login where the card refused this login before, and refused/login where others did and none accepted it.
   * No connection is needed to know.
   */
  refuseKnown(network: NetworkAccess, login: Login): void;
}

export interface LoginsOptions {
  /** Called once for each credential that was refused at so many cards, with what to tell the operator. */
  readonly onLimit?: (problem: Problem) => void;
}

/** So many cards that refuse a credential mean that the credential is wrong, not the cards. */
export const REFUSALS_THAT_PAUSE = 2;

interface Credential {
  accepted: boolean;
  /** The Problem of each card that refused it. */
  readonly refused: Map<string, Problem>;
  trying: boolean;
  waiting: (() => void)[];
}

export function createLogins({ onLimit }: LoginsOptions = {}): Logins {
  const credentials = new Map<string, Credential>();
  const unnamed = new WeakMap<Secret, number>();
  let count = 0;
  const nameOf = ({ user, password }: Login): string => {
    if (password.reference !== null) return JSON.stringify([user, password.reference]);
    const number = unnamed.get(password) ?? ++count;
    unnamed.set(password, number);
    return JSON.stringify([user, number]);
  };
  const credentialOf = (login: Login): Credential => {
    const name = nameOf(login);
    const present = credentials.get(name);
    if (present !== undefined) return present;
    const made: Credential = { accepted: false, refused: new Map(), trying: false, waiting: [] };
    credentials.set(name, made);
    return made;
  };
  const refuseKnown = (network: NetworkAccess, login: Login): Credential => {
    const credential = credentialOf(login);
    const known = credential.refused.get(cardOf(network));
    if (known !== undefined) throw known;
    if (!credential.accepted && credential.refused.size >= REFUSALS_THAT_PAUSE)
      throw refusedElsewhere(login, [...credential.refused.keys()], false);
    return credential;
  };
  return {
    refuseKnown,
    async begin(network, where, login) {
      const credential = refuseKnown(network, login);
      while (!credential.accepted && credential.trying) {
        await new Promise<void>((resolve) => {
          credential.waiting.push(resolve);
        });
        refuseKnown(network, login);
      }
      credential.trying = true;
      const end = (): void => {
        credential.trying = false;
        const { waiting } = credential;
        credential.waiting = [];
        for (const wake of waiting) wake();
      };
      return {
        accepted() {
          credential.accepted = true;
          end();
        },
        refused() {
          const problem = refusedLogin(where, login);
          credential.refused.set(cardOf(network), problem);
          if (credential.refused.size === REFUSALS_THAT_PAUSE)
            onLimit?.(refusedElsewhere(login, [...credential.refused.keys()], credential.accepted));
          end();
          return problem;
        },
        unanswered: end,
      };
    },
  };
}

/** One card behind all its protocols. Cards behind one address have ports of their own. */
function cardOf({ host, ports }: NetworkAccess): string {
  return `${host} (ssh ${ports.ssh}, ftp ${ports.ftp})`;
}

/** The login as a message may show it: never the password, but where it comes from. */
function named({ user, password }: Login): string {
  return password.reference === null
    ? `user ${user}`
    : `user ${user} with the password from ${password.reference}`;
}

/** The Problem for a card that refused a login. */
export function refusedLogin(where: string, login: Login): Problem {
  return new Problem('device/login', `${where} refused the login of ${named(login)}.`, {
    hint: 'Correct login: in the inventory or the secret behind it. The card locks a user after some wrong passwords, so it was tried once.',
  });
}

function refusedElsewhere(login: Login, cards: readonly string[], isAccepted: boolean): Problem {
  const others = isAccepted
    ? 'while other cards accepted it.'
    : 'and accepted by none, so it is not sent to others.';
  return new Problem(
    'refused/login',
    `The login of ${named(login)} was refused by ${cards.length} cards (${cards.join(', ')}) ${others}`,
    {
      hint: 'Correct the secret, try it at one card (upsfw record HOST --user NAME --password REFERENCE), then go on: upsfw resume.',
    },
  );
}
