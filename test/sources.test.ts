import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

function filesIn(folder: string, extensions: RegExp): readonly string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((file) => posix.join(folder, file.replaceAll('\\', '/')))
    .filter((file) => extensions.test(file));
}

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

const docs = filesIn('docs', /\.md$/);
const rules = filesIn('src', /\.yaml$/);
const texts = [...filesIn('src', /\.(?:ts|yaml)$/), ...docs, 'README.md'];

/** The anchors that GitHub gives to the headings of a page. */
function anchorsOf(page: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of page.matchAll(/^#+ (.+)$/gm)) {
    const slug = heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
    let anchor = slug;
    for (let number = 1; anchors.has(anchor); number += 1) anchor = `${slug}-${number}`;
    anchors.add(anchor);
  }
  return anchors;
}

const anchors = new Map(docs.map((file) => [file, anchorsOf(read(file))]));

/** The mistake in a citation like `docs/sources/card.md#ssh`; null if its page and heading exist. */
function brokenLink(target: string): string | null {
  const [file = '', anchor] = target.split('#');
  const headings = anchors.get(file);
  if (headings === undefined) return `${target}: there is no such page`;
  if (anchor !== undefined && !headings.has(anchor)) return `${target}: there is no such heading`;
  return null;
}

/** The names of the bibliography: the first column of its tables. */
const names = [...read('docs/sources/README.md').matchAll(/^\| `([^`]+)`/gm)].map(([, name = '']) => name);

/** Every `source` and every entry of `sources` in a file of data, with its place. */
function sourcesOf(value: unknown, place: string): readonly (readonly [string, string])[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => sourcesOf(item, `${place}[${index}]`));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    const here = `${place}.${key}`;
    if (key === 'source' && typeof item === 'string')
      return item.split('; ').map((part) => [here, part] as const);
    if (key === 'sources' && Array.isArray(item)) return item.map((part) => [here, String(part)] as const);
    return sourcesOf(item, here);
  });
}

function isKnown(source: string): boolean {
  // A rule takes this text from the catalogue, where it is checked.
  if (/^\{[\w.]+\}$/.test(source)) return true;
  // The file of release notes that comes with an image.
  if (/^[A-Z]+\d+UPS[ _]\d\d[-.]\d_readme ?\.txt$/.test(source)) return true;
  const cited = /^(docs\/sources\/\S+#\S+)(?: \(.+\))?$/.exec(source)?.[1];
  if (cited !== undefined) return brokenLink(cited) === null;
  return names.some((name) => source.startsWith(name) && /^(?:[\s\d,]|$)/.test(source.slice(name.length)));
}

/** A text on one line without comment marks, so that a phrase over two lines is found. */
function flat(text: string): string {
  return text.replaceAll(/\s*\n\s*(?:\*|\/\/|#)?\s*/g, ' ');
}

describe('citations', () => {
  it('of docs/sources lead to a heading', () => {
    const broken = texts.flatMap((file) =>
      [...read(file).matchAll(/docs\/sources\/[\w.-]*\w(?:#[\w-]+)?/g)].flatMap(([target]) =>
        target.endsWith('.md') || target.includes('#') ? (brokenLink(target) ?? []) : [],
      ),
    );
    expect(broken).toEqual([]);
  });

  it('between the pages lead to a heading', () => {
    const broken = docs.flatMap((file) =>
      [...read(file).matchAll(/\]\(((?:[\w./-]+\.md)?(?:#[\w-]+)?)\)/g)].flatMap(([, target = '']) => {
        const [page = '', anchor] = target.split('#');
        const path = page === '' ? file : posix.join(dirname(file), page);
        const full = anchor === undefined ? path : `${path}#${anchor}`;
        return path === 'README.md' ? [] : (brokenLink(full) ?? []);
      }),
    );
    expect(broken).toEqual([]);
  });

  it('in data begin with a name of the bibliography or lead to a heading', () => {
    expect(names.length).toBeGreaterThan(20);
    const sources = rules
      // Its sources are the reports of the operator.
      .filter((file) => !file.endsWith('/confirmed.yaml'))
      .flatMap((file) => sourcesOf(parse(read(file)), file));
    expect(sources.length).toBeGreaterThan(400);
    expect(sources.filter(([, source]) => !isKnown(source)).map((found) => found.join(': '))).toEqual([]);
  });

  it('of lines of the FAQ are explained', () => {
    const page = read('docs/sources/faq-2020-04.md');
    const lines = new Set([...page.matchAll(/^\| (\d+) \|/gm)].map(([, line]) => Number(line)));
    const cited = texts.flatMap((file) =>
      [...read(file).matchAll(/vendor FAQ of 2 April 2020, line (\d[\d, -]*)/g)].flatMap(([, list = '']) =>
        [...list.matchAll(/(\d+)(?:-(\d+))?/g)].map(([text, from, to]) => ({
          text,
          from: Number(from),
          to: Number(to ?? from),
        })),
      ),
    );
    expect(cited.length).toBeGreaterThan(100);
    const open = cited.filter(({ from, to }) => ![...lines].some((line) => line >= from && line <= to));
    expect(open.map(({ text }) => text)).toEqual([]);
  });

  it('of readings of the FAQ have their row', () => {
    const rows = new Set(
      docs.flatMap((file) => [...read(file).matchAll(/^\| (Q\d+) +\|/gm)].map(([, row]) => row)),
    );
    const cited = rules.flatMap((file) =>
      [...read(file).matchAll(/reading (Q\d+(?:, Q\d+)*)/g)].flatMap(([, list = '']) => list.split(', ')),
    );
    expect(cited.length).toBeGreaterThan(20);
    expect(cited.filter((reading) => !rows.has(reading))).toEqual([]);
  });

  it.each([
    ['notes without a document', /notes, section/i],
    [
      'notes that are not published',
      /\b(?:card|SNMP|local|protocol|image|image format|cable|library|catalogue) notes\b/i,
    ],
    ['a section without a document', /\(sections? \d/],
  ])('do not name %s', (_, pattern) => {
    expect(texts.filter((file) => pattern.test(flat(read(file))))).toEqual([]);
  });
});
