import { type Login, type NetworkAccess, Problem, type Secret } from '../../core/index.ts';

/** One attempt of a login, from right before the password is sent. Exactly one of its functions is called. */
export interface LoginAttempt {
  accepted(): void;
  /** Records the refusal and returns its Problem. */
  refused(): Problem;
  /** The connection ended without an answer to the login. */
  unanswered(): void;
}

/**
 * The logins of one run, over all protocols. A card locks a user after some wrong passwords, and a few cards
 * together lock a central account. So a refused login is never sent to the same card again. A credential that
 * no card has accepted yet is tried at one card at a time.
 */
export interface Logins {
  /** Resolves when the password may be sent to the card. Throws as `refuseKnown` does. */
  begin(network: NetworkAccess, where: string, login: Login): Promise<LoginAttempt>;
  /**
   * Throws the Problem of the card if it refused this login before or asked for more than it, and
   * refused/login if other cards refused it and none accepted it. Needs no connection.
   */
  refuseKnown(network: NetworkAccess, login: Login): void;
  /** Records why this login is of no use at this card, although its password is right. */
  remember(network: NetworkAccess, login: Login, problem: Problem): void;
}

export interface LoginsOptions {
  /** Called once for each credential that reaches {@link MAX_REFUSALS}, with a message for the operator. */
  readonly onLimit?: (problem: Problem) => void;
}

/** If this many cards refuse a credential, the credential is wrong and not the cards. */
export const MAX_REFUSALS = 2;

interface Credential {
  accepted: boolean;
  /** The Problem of each card that refused it. */
  readonly refused: Map<string, Problem>;
  /** The Problem of each card that asks for more than it. Every further attempt would send a code again. */
  readonly useless: Map<string, Problem>;
  isBusy: boolean;
  queue: (() => void)[];
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
    const made: Credential = {
      accepted: false,
      refused: new Map(),
      useless: new Map(),
      isBusy: false,
      queue: [],
    };
    credentials.set(name, made);
    return made;
  };
  const refuseKnown = (network: NetworkAccess, login: Login): Credential => {
    const credential = credentialOf(login);
    const card = cardOf(network);
    const known = credential.refused.get(card) ?? credential.useless.get(card);
    if (known !== undefined) throw known;
    if (!credential.accepted && credential.refused.size >= MAX_REFUSALS)
      throw refusedByOthers(login, [...credential.refused.keys()], false);
    return credential;
  };
  return {
    refuseKnown,
    remember(network, login, problem) {
      credentialOf(login).useless.set(cardOf(network), problem);
    },
    async begin(network, where, login) {
      const credential = refuseKnown(network, login);
      while (!credential.accepted && credential.isBusy) {
        await new Promise<void>((resolve) => {
          credential.queue.push(resolve);
        });
        refuseKnown(network, login);
      }
      credential.isBusy = true;
      const end = (): void => {
        credential.isBusy = false;
        const { queue } = credential;
        credential.queue = [];
        for (const wake of queue) wake();
      };
      return {
        accepted() {
          credential.accepted = true;
          end();
        },
        refused() {
          const problem = refusedLogin(where, login);
          credential.refused.set(cardOf(network), problem);
          if (credential.refused.size === MAX_REFUSALS)
            onLimit?.(refusedByOthers(login, [...credential.refused.keys()], credential.accepted));
          end();
          return problem;
        },
        unanswered: end,
      };
    },
  };
}

/** One card, by its address and ports: cards behind one address differ in their ports. */
function cardOf({ host, ports }: NetworkAccess): string {
  return `${host} (ssh ${ports.ssh}, ftp ${ports.ftp})`;
}

/** A login for messages: where its password comes from, never the password. */
function describeLogin({ user, password }: Login): string {
  return password.reference === null
    ? `user ${user}`
    : `user ${user} with the password from ${password.reference}`;
}

/** The Problem for a card that refused a login. */
export function refusedLogin(where: string, login: Login): Problem {
  return new Problem('device/login', `${where} refused the login of ${describeLogin(login)}.`, {
    hint: 'Correct login: in the inventory or the secret behind it. The card locks a user after some wrong passwords, so it was tried once.',
  });
}

function refusedByOthers(login: Login, cards: readonly string[], isAccepted: boolean): Problem {
  const others = isAccepted
    ? 'while other cards accepted it.'
    : 'and accepted by none, so it is not sent to others.';
  return new Problem(
    'refused/login',
    `The login of ${describeLogin(login)} was refused by ${cards.length} cards (${cards.join(', ')}) ${others}`,
    {
      hint: 'Correct the secret, try it at one card (upsfw record HOST --user NAME --password REFERENCE), then go on: upsfw resume.',
    },
  );
}
