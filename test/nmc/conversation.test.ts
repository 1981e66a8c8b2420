import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Conversation } from '../../src/nmc/session/conversation.ts';
import { parseReply } from '../../src/nmc/session/reply.ts';
import { anyText } from '../support/values/text.ts';

/** Cuts a text at positions that are fractions of its length. */
function cut(text: string, places: readonly number[]): string[] {
  const at = [...new Set(places.map((place) => Math.floor(place * text.length)))].sort((a, b) => a - b);
  return [...at, text.length].map((end, index) => text.slice(at[index - 1] ?? 0, end));
}

/** Receives a first screen and then the answers, in packets, as a client that sends as soon as it can. */
function receive(
  screen: string,
  answers: readonly (readonly [command: string, text: string])[],
  places: readonly number[],
): unknown[] {
  const conversation = new Conversation();
  for (const packet of cut(screen, places)) {
    conversation.receive(packet);
    // A line that looks like a prompt makes the client send early.
    if (conversation.prompt === null) conversation.answer();
  }
  const all: unknown[] = [];
  for (const [command, text] of answers) {
    conversation.begin(command);
    let answer: string | null = null;
    for (const packet of cut(text, places)) {
      conversation.receive(packet);
      answer ??= conversation.answer();
    }
    all.push(answer === null ? null : parseReply(answer));
  }
  return [...all, conversation.prompt];
}

const ACCOUNT = fc.constantFrom(
  '',
  'a@',
  'Super User@',
  'jdoe@corp.example@',
  'CORP\\jdoe@',
  'ups team@',
  'J\u00fcrgen (ops) #1@',
  'about@',
  'cd dir@',
  'a>b@',
  '[admin]@',
  'uid=jdoe,ou=people,dc=example@',
);
const PROMPT = fc
  .tuple(ACCOUNT, fc.stringMatching(/^[A-Za-z0-9._#()[\]-]{1,40}$/), fc.constantFrom('', ' ', '  '))
  .map(([user, name, space]) => `${user}${name}>${space}`);
const COLOUR = fc.constantFrom('', '\u001b[0m', '\u001b[K', '\u001b[1;33m');
const LINE_END = fc.constantFrom('\r\n', '\r', '\n');
const LINES = fc.array(
  fc.tuple(
    fc.oneof(
      fc.constantFrom('E000: Success', 'other>', 'Searching... found.', 'Model: <none>', '', 'a@other> '),
      fc.stringMatching(/^[ -=?-~]{0,60}$/),
    ),
    COLOUR,
  ),
  { maxLength: 12 },
);
const PLACES = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 40 });

describe('a conversation', () => {
  it('gives the same answers in any packets', () => {
    fc.assert(
      fc.property(
        PROMPT,
        LINE_END,
        LINES,
        LINES,
        LINES,
        PLACES,
        (prompt, end, screen, first, second, places) => {
          const text = (lines: readonly (readonly [string, string])[]): string =>
            lines.map(([line, colour]) => `${colour}${line}${end}`).join('');
          // A line equal to the prompt is the prompt.
          fc.pre(
            [...screen, ...first, ...second].every(
              ([line]) => line.trimEnd() !== prompt.trimEnd() && !/about|dir/.test(line),
            ),
          );
          const answers = [
            ['about', `about${end}${text(first)}${prompt}`],
            ['dir', `dir${end}${text(second)}${prompt}`],
          ] as const;
          const whole = receive(`${end}${text(screen)}${prompt}`, answers, []);
          expect(receive(`${end}${text(screen)}${prompt}`, answers, places)).toEqual(whole);
          expect(whole.at(-1)).toBe(prompt.trimEnd());
          expect(whole).not.toContain(null);
        },
      ),
    );
  });

  it('accepts any bytes without throwing, and keeps a bounded part of them', () => {
    fc.assert(
      fc.property(
        fc.array(anyText({ maxLength: 300 }), { maxLength: 40 }),
        fc.constantFrom('', 'about', '>'),
        (packets, command) => {
          const conversation = new Conversation();
          for (const [index, packet] of packets.entries()) {
            conversation.receive(packet);
            conversation.answer();
            conversation.soFar();
            if (index % 10 === 5) conversation.begin(command);
          }
        },
      ),
    );
    const conversation = new Conversation();
    for (let count = 0; count < 1000; count += 1) conversation.receive('\u001b['.repeat(500));
    for (let count = 0; count < 1000; count += 1) conversation.receive('x'.repeat(1000));
    expect(conversation.overflow).toBe(true);
    expect(conversation.text.length).toBeLessThan(70_000);
    expect(conversation.answer()).toBeNull();
  });

  it('is complete when it arrives in single bytes', () => {
    const conversation = new Conversation();
    conversation.receive('\r\napc>');
    expect(conversation.answer()).toBe('\r\n');
    conversation.begin('about');
    let checks = 0;
    while (!conversation.overflow && checks < 70_000) {
      conversation.receive('about>\r'.charAt(checks % 7));
      conversation.answer();
      checks += 1;
    }
    expect(checks).toBeGreaterThan(60_000);
  });

  it('finds the echo of a command after a prompt, not in the text of the first screen', () => {
    const conversation = new Conversation();
    conversation.receive('\r\nabout this card\r\nx>');
    expect(conversation.answer()).toBe('\r\nabout this card\r\n');
    conversation.begin('about');
    conversation.receive('\r\nmore about it\r\n\r\napc>about\r\nE000: Success\r\nx>');
    expect(conversation.answer()).toBeNull();
    conversation.receive('\r\napc>');
    expect(conversation.answer()).toBe('\r\nE000: Success\r\nx>\r\n');
    expect(conversation.prompt).toBe('apc>');
  });

  it.each(['ups#', 'ups team$', 'J\u00fcrgen %'])(
    'learns the prompt %j, which has no bracket, after a silence',
    (prompt) => {
      const conversation = new Conversation();
      conversation.receive(`\r\nCard of a test\r\n\r\n${prompt}`);
      expect(conversation.answer()).toBeNull();
      expect(conversation.answer(true)).toBe('\r\nCard of a test\r\n\r\n');
      conversation.begin('about');
      conversation.receive(`about\r\nE000: Success\r\nName: x\r\n${prompt}`);
      expect(conversation.answer()).toBeNull();
      expect(conversation.answer(true)).toBe('\r\nE000: Success\r\nName: x\r\n');
      conversation.begin('dir');
      conversation.receive(`dir\r\nE000: Success\r\n${prompt}`);
      expect(conversation.answer()).toBe('\r\nE000: Success\r\n');
    },
  );

  it('does not take a line of the first screen for the prompt because it holds the command', () => {
    const conversation = new Conversation();
    conversation.receive('\r\nContact:\r\nnobody>');
    expect(conversation.answer()).not.toBeNull();
    conversation.begin('about');
    conversation.receive(
      '\r\nType about\r\nLocation: about\r\n\r\nSuper User@apc>about\r\nE000: Success\r\nLocation: ',
    );
    expect(conversation.answer()).toBeNull();
    expect(conversation.answer(true)).toBeNull();
    conversation.receive('here\r\nSuper User@apc>');
    expect(conversation.answer()).toBe('\r\nE000: Success\r\nLocation: here\r\n');
    expect(conversation.prompt).toBe('Super User@apc>');
  });

  it('finds the echo behind a prompt that holds the command', () => {
    const conversation = new Conversation();
    conversation.receive('\r\ndir>');
    conversation.answer();
    conversation.begin('dir');
    conversation.receive('\r\n\r\ndir@dir>dir\r\nE000: Success\r\ndir@dir>');
    expect(conversation.answer()).toBe('\r\nE000: Success\r\n');
    conversation.begin('dir');
    conversation.receive('\r\ndir@dir>dir\r\nE101: Command Not Found\r\ndir@dir>');
    expect(parseReply(conversation.answer() ?? '')).toEqual({
      code: 'E101',
      lines: ['E101: Command Not Found'],
    });
  });

  it('accepts a prompt that changed once it comes again after a bare return', () => {
    const conversation = new Conversation();
    conversation.receive('\r\nold@apc>');
    conversation.answer();
    conversation.begin('about');
    conversation.receive('about\r\nE000: Success\r\nold@apc>');
    expect(conversation.answer()).not.toBeNull();
    conversation.begin('dir');
    conversation.receive('dir\r\nE000: Success\r\nnew name@apc>');
    expect(conversation.answer(true)).toBeNull();
    expect(conversation.answerBeforeRepeated()).toBeNull();
    conversation.receive('\r\n\r\nnew name@apc>');
    expect(conversation.answer()).toBeNull();
    expect(conversation.answerBeforeRepeated()).toBe('\r\nE000: Success\r\n');
    conversation.begin('about');
    conversation.receive('about\r\nE000: Success\r\nnew name@apc>');
    expect(conversation.answer()).toBe('\r\nE000: Success\r\n');
  });

  it.each(['Verification code: ', 'Enter your one-time passcode> ', 'Continue? '])(
    'does not take the question %j for a prompt',
    (question) => {
      const conversation = new Conversation();
      conversation.receive(`\r\nA code was sent.\r\n${question}`);
      expect(conversation.answer()).toBeNull();
      expect(conversation.answer(true)).toBeNull();
      expect(conversation.lastLine).toBe(question.trim());
    },
  );

  it('continues after a late prompt of a held back answer', () => {
    const conversation = new Conversation();
    conversation.receive('\r\napc>');
    conversation.answer();
    conversation.begin('about');
    conversation.receive('about\r\nE000: Success\r\napc>');
    expect(conversation.answer()).toBe('\r\nE000: Success\r\n');
    conversation.begin('dir');
    conversation.receive('\r\napc>');
    expect(conversation.answer()).toBeNull();
    conversation.receive('dir\r\nE101: Command Not Found\r\n\r\napc>');
    expect(parseReply(conversation.answer() ?? '').code).toBe('E101');
  });
});
