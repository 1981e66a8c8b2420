import { ACCESS } from '../access.ts';
import type { SimulatedDevice } from '../device/device.ts';

/** A question before the first prompt, and the handler of its answer. */
export interface Question {
  readonly before: readonly string[];
  readonly text: string;
  /** The input is shown as stars. */
  readonly secret: boolean;
  readonly answered: (typed: string) => Step;
}

/** `inside`: the first prompt may follow. */
export type Step = Question | 'inside' | 'closed';

const MOST_LOGINS = 3;
const POLICY = 'The current password policy requires you to change your password...';

/**
 * The login over telnet and the serial console. `loggedIn` is called once, with the right password.
 * Source: docs/sources/card.md#login-and-prompt
 */
export function loginDialogue(device: SimulatedDevice, loggedIn: () => void, attempt = 1): Question {
  const ask = (text: string, secret: boolean, answered: (typed: string) => Step): Question => ({
    before: [],
    text,
    secret,
    answered,
  });
  return ask('User Name : ', false, (user) =>
    ask('Password  : ', true, (password) => {
      if (user === ACCESS.user && password === device.password) {
        loggedIn();
        return afterLogin(device);
      }
      return attempt >= MOST_LOGINS ? 'closed' : loginDialogue(device, loggedIn, attempt + 1);
    }),
  );
}

/** What a card asks after login, before it shows its first screen. */
export function afterLogin(device: SimulatedDevice): Step {
  if (device.has('shell-asks-code')) return codeDialogue(device);
  return device.has('password-change') ? passwordDialogue(device) : 'inside';
}

/**
 * A substitute: the text of a card is not published.
 * Source: docs/sources/card.md#login-with-a-one-time-code
 */
export const ONE_TIME_CODE = 'One-time code: ';

/** No code is ever right, because this card sends none. */
function codeDialogue(device: SimulatedDevice): Question {
  return {
    before: [''],
    text: ONE_TIME_CODE,
    secret: false,
    answered: () => {
      device.counters.answers += 1;
      return 'closed';
    },
  };
}

/** The forced password change. Source: docs/sources/card.md#login-and-prompt */
function passwordDialogue(device: SimulatedDevice): Question {
  const ask = (before: readonly string[], text: string, answered: (typed: string) => Step): Question => ({
    before,
    text,
    secret: true,
    answered: (typed) => {
      device.counters.answers += 1;
      return answered(typed);
    },
  });
  return ask(['', POLICY, ''], 'Enter current password: ', (current) => {
    // What follows a wrong answer is not published: the dialogue starts over.
    if (current !== device.password) return passwordDialogue(device);
    return ask([''], 'Enter new password: ', (first) =>
      ask([], 'Confirm new password: ', (second) => {
        if (first === '' || first !== second) return passwordDialogue(device);
        device.counters.settings += 1;
        device.card.password = first;
        device.clearFault('password-change');
        device.changed();
        return 'inside';
      }),
    );
  });
}
