import type { Prompt } from 'ssh2';
import { Problem, type Secret, sanitize } from '../../core/index.ts';
import { PHRASES } from '../phrases.ts';

/**
 * Login with a one-time code. Source: docs/sources/card.md#login-with-a-one-time-code
 * The texts of a card are not published, so a question for a code is recognized by its words and by its place
 * after the password. A password is never sent as an answer to it, and nothing else is either.
 */

/** In characters; a question of a card is one line. */
const MAX_QUESTION = 300;

/** Whether a line asks for a code. */
export function asksForCode(line: string): boolean {
  const text = line.slice(-MAX_QUESTION);
  return PHRASES.asks.test(text) && namesCode(text);
}

function namesCode(text: string): boolean {
  return PHRASES.secondFactor.test(text) || PHRASES.codeWord.test(text);
}

/** Whether the reply to a user name or password is about a second factor. */
export function namesSecondFactor(reply: string): boolean {
  return PHRASES.secondFactor.test(reply.slice(0, MAX_QUESTION));
}

/** The card asks for more than user name and password. `text`: what it said. */
export function codeAsked(where: string, text: string): Problem {
  return new Problem(
    'device/login-code',
    `${where} asks for a one-time code beside the password (${sanitize(text, 120)}); no code was sent.`,
    {
      hint: 'Name another user in login: of the inventory: a local user of the card without an e-mail address. Multi-factor login does not apply to such a user.',
    },
  );
}

type Question = 'password' | 'new-password' | 'code' | 'other';

function kindOf(prompt: string): Question {
  const text = prompt.slice(0, MAX_QUESTION);
  // Before the word "password", which is also in "one-time password".
  if (namesCode(text)) return 'code';
  if (!/password/i.test(text)) return 'other';
  return /\b(?:new|retype|confirm|change)/i.test(text) ? 'new-password' : 'password';
}

/** How questions of the card end other than with an answer. */
export interface Refusals {
  /** They ask for a code. */
  readonly code: (text: string) => void;
  /** They ask for something unknown. */
  readonly other: () => void;
}

/**
 * Answers one single question, once, and only one for the password. Anything else gets no answer. After the
 * password every further question is taken for one for a code, except the same question again.
 */
export function answerPasswordOnce(password: Secret, refuse: Refusals) {
  let answered = false;
  return (
    _name: string,
    instructions: string,
    _language: string,
    prompts: readonly Prompt[],
    finish: (answers: string[]) => void,
  ): void => {
    const questions = prompts.map(({ prompt }) => kindOf(prompt));
    const [first] = questions;
    // Some servers end the exchange with a request that has no question.
    if (first === undefined) {
      finish([]);
      return;
    }
    const more = answered ? questions : questions.slice(1);
    const afterPassword = (answered || first === 'password') && more.includes('other');
    const inText = namesSecondFactor(instructions) && !questions.includes('new-password');
    if (questions.includes('code') || afterPassword || inText) {
      refuse.code(prompts.map(({ prompt }) => prompt.trim()).join(' '));
      return;
    }
    if (!answered && questions.length === 1 && first === 'password') {
      answered = true;
      finish([password.reveal()]);
      return;
    }
    if (!answered) refuse.other();
    finish([]);
  };
}
