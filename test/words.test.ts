import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadCommands } from '../src/cli/commands.ts';
import { cliReference } from '../src/cli/reference.ts';

/** Words that this project does not use; see docs/glossary.md. Each has a plain term. */
const BANNED: readonly RegExp[] = [
  /\btold (?:of|by)\b/i,
  /\btells?\b/i,
  /\bstands (?:in|against|before|behind)\b/i,
  /\b(?:is|are) well\b(?!-)/i,
  /\bpapers\b/i,
  /\bimpatient\b/i,
  /\bwrit(?:e|es|ten) down\b/i,
  /\bwish(?:es)?\b/i,
  /\b(?:for|waits for) (?:a )?hands?\b/i,
  /\bhands? out\b/i,
  /\bmend(?:s|ed)?\b/i,
  /\b(?:rehears(?:e|es|ed|al|als))\b/i,
  /\blamps?\b/i,
  /\bblanks?\b/i,
  /\b(?:usb )?sticks?\b/i,
  /\boverrul(?:e|es|ed|ing)\b/i,
  /\b(?:who|what|when|where)(?:so)?ever\b/i,
  /\bby then\b/i,
  /\bgo(?:es)? on with\b/i,
  /\btak(?:e|es|en) up\b/i,
  /\bby the word of\b/i,
  /\bjudg(?:e|es|ed|ement|ements)\b/i,
  /\bcarr(?:y|ies|ied) out\b/i,
];

/** Longer comment lines are not wrapped by the formatter. */
const MAX_COMMENT_COLUMNS = 110;
const COMMENT = /^\s*(?:\/\/|\/?\*)/;
const TRAILING_COMMENT = /\s\/\/ (.*)$/;
const TITLE = /(?:\b(?:describe|it)\(|\)\()\s*('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`)/g;

const ROOT = new URL('../', import.meta.url);

interface Text {
  readonly place: string;
  readonly text: string;
}

function filesBelow(folder: string, ending: string): readonly string[] {
  return readdirSync(new URL(folder, ROOT), { recursive: true, encoding: 'utf8' })
    .map((file) => `${folder}/${file.replaceAll('\\', '/')}`)
    .filter((file) => file.endsWith(ending))
    .sort();
}

function read(file: string): string {
  return readFileSync(new URL(file, ROOT), 'utf8');
}

const LITERAL = /'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`/g;

/** String and template literals with a space, line by line: texts, and no keys or paths. */
function literalsOf(file: string): readonly Text[] {
  return linesOf(file)
    .filter(({ text }) => !COMMENT.test(text))
    .flatMap(({ place, text }) =>
      [...text.matchAll(LITERAL)].flatMap(([literal]) =>
        literal.includes(' ') ? [{ place, text: literal.replaceAll(/\$\{[^}]*\}/g, '') }] : [],
      ),
    );
}

function linesOf(file: string, text = read(file)): readonly Text[] {
  return text.split('\n').map((line, index) => ({ place: `${file}:${index + 1}`, text: line }));
}

/** Comments on lines of their own and behind code. */
function commentsOf(file: string): readonly Text[] {
  return linesOf(file).flatMap(({ place, text }) => {
    if (COMMENT.test(text)) return [{ place, text }];
    const [, trailing] = TRAILING_COMMENT.exec(text) ?? [];
    return trailing === undefined ? [] : [{ place, text: trailing }];
  });
}

/** Titles of tests and groups, also on the line after the call and after a table of cases. */
function titlesOf(file: string): readonly Text[] {
  const text = read(file);
  return [...text.matchAll(TITLE)].map(({ 1: title = '', index }) => ({
    place: `${file}:${text.slice(0, index).split('\n').length}`,
    text: title.slice(1, -1),
  }));
}

/** Without code, whose words are names, and without the comments of YAML. */
function prose({ place, text }: Text): Text {
  return { place, text: text.replaceAll(/`[^`]*`|\{@link [^}]*\}/g, '').replace(/^\s*#(?!#).*/, '') };
}

/** `place: word in text` for each banned word. */
function findings(texts: readonly Text[]): readonly string[] {
  return texts.flatMap(({ place, text }) =>
    BANNED.flatMap((pattern) => {
      const [word] = pattern.exec(text) ?? [];
      return word === undefined ? [] : [`${place}: "${word}" in ${text.trim().slice(0, 100)}`];
    }),
  );
}

/** The last column of the glossary lists the banned words themselves. */
function withoutLastColumn({ place, text }: Text): Text {
  return { place, text: text.startsWith('|') ? text.split('|').slice(0, -2).join('|') : text };
}

describe('plain words', () => {
  const sources = filesBelow('src', '.ts');
  const tests = filesBelow('test', '.ts');

  it('are in the texts of the source', () => {
    const files = sources.filter((file) => !file.startsWith('src/sim/'));
    expect(findings(files.flatMap(literalsOf))).toEqual([]);
  });

  it('are in the rules', () => {
    // Notes of releases are facts of the catalogue, compared with their collection elsewhere.
    const lines = filesBelow('src/rules', '.yaml')
      .flatMap((file) => linesOf(file))
      .filter(({ text }) => !/^\s*- \{ version: .* notes: /.test(text));
    expect(findings(lines.map(prose))).toEqual([]);
  });

  it('are in the documents', () => {
    const files = ['README.md', ...filesBelow('docs', '.md')];
    const texts = files.flatMap((file) =>
      linesOf(file).map((line) => prose(file === 'docs/glossary.md' ? withoutLastColumn(line) : line)),
    );
    expect(findings(texts)).toEqual([]);
  });

  it('are in the help text of every command', async () => {
    expect(findings(linesOf('--help', cliReference(await loadCommands([]))))).toEqual([]);
  });

  it('are in the comments and titles of the tests', () => {
    // This file lists the banned words.
    const files = tests.filter((file) => file !== 'test/words.test.ts');
    expect(files.flatMap(titlesOf).length).toBeGreaterThan(1000);
    const texts = files.flatMap((file) => [...commentsOf(file).map(prose), ...titlesOf(file).map(prose)]);
    expect(findings(texts)).toEqual([]);
  });

  it('are in comments of at most 110 columns', () => {
    const long = [...sources, ...tests].flatMap((file) =>
      linesOf(file)
        .filter(({ text }) => text.length > MAX_COMMENT_COLUMNS && COMMENT.test(text))
        .filter(({ text }) => !text.includes('biome-ignore'))
        .map(({ place, text }) => `${place}: ${text.length} columns`),
    );
    expect(long).toEqual([]);
  });
});
