import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SKIPPED = new Set(['node_modules', 'dist', 'coverage', '.git']);
const KIT = [
  '.editorconfig',
  '.gitattributes',
  '.github/PULL_REQUEST_TEMPLATE.md',
  '.nvmrc',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'LICENSE',
  'SECURITY.md',
];

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

function markdownFiles(folder = ROOT): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (SKIPPED.has(entry.name)) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return markdownFiles(path);
    return entry.name.endsWith('.md') ? [relative(ROOT, path)] : [];
  });
}

/** Text without fenced blocks and code spans, where brackets are no links. */
function prose(markdown: string): string {
  return markdown.replaceAll(/^```[\s\S]*?^```/gm, '').replaceAll(/`[^`\n]*`/g, '');
}

/** Targets of inline links and of link definitions. */
function links(markdown: string): readonly string[] {
  const text = prose(markdown);
  const inline = [...text.matchAll(/\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g)];
  const defined = [...text.matchAll(/^\[[^\]]+\]:\s*<?([^\s>]+)>?/gm)];
  return [...inline, ...defined].map(([, target = '']) => target);
}

/** Anchors of headings, as GitHub makes them: a repeated heading gets a number. */
function anchors(markdown: string): ReadonlySet<string> {
  const seen = new Map<string, number>();
  const text = markdown.replaceAll(/^```[\s\S]*?^```/gm, '');
  return new Set(
    [...text.matchAll(/^#{1,6} +(.+?) *#*$/gm)].map(([, heading = '']) => {
      const slug = heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\p{M} _-]/gu, '')
        .replaceAll(' ', '-');
      const count = seen.get(slug) ?? 0;
      seen.set(slug, count + 1);
      return count === 0 ? slug : `${slug}-${count}`;
    }),
  );
}

/** The mistake in a link of a file; null if it resolves, or leads out of the repository. */
function broken(file: string, target: string): string | null {
  if (/^[a-z][a-z0-9+.-]*:/i.test(target)) return null;
  const [path = '', anchor] = target.split('#', 2);
  const whole = path === '' ? join(ROOT, file) : resolve(ROOT, dirname(file), decodeURIComponent(path));
  if (relative(ROOT, whole).startsWith('..')) return `${target} leads out of the repository`;
  if (!existsSync(whole)) return `${target} does not exist`;
  if (anchor === undefined) return null;
  if (statSync(whole).isDirectory() || !whole.endsWith('.md')) return `${target} has no headings`;
  return anchors(readFileSync(whole, 'utf8')).has(anchor) ? null : `${target} has no such heading`;
}

describe('the files for new contributors', () => {
  it.each(KIT)('include %s', (file) => {
    expect(read(file).trim()).not.toBe('');
  });

  it('include the license that package.json names', () => {
    expect(read('LICENSE')).toMatch(/^MIT License\n\nCopyright \(c\) \d{4} The upsfw authors\n/);
  });

  it('include every decision record, each with its headings', () => {
    const records = readdirSync(join(ROOT, 'docs/adr')).filter((file) => /^\d{4}-/.test(file));
    expect(records.length).toBeGreaterThanOrEqual(5);
    for (const [index, record] of records.sort().entries()) {
      expect(record).toMatch(new RegExp(`^${String(index + 1).padStart(4, '0')}-[a-z0-9-]+\\.md$`));
      expect(read('docs/adr/README.md')).toContain(`](${record})`);
      const headings = [...read(`docs/adr/${record}`).matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
      expect(headings, record).toEqual(['Status', 'Context', 'Decision', 'Consequences']);
    }
  });
});

describe('package.json', () => {
  const Package = z.looseObject({
    version: z.string().regex(/^\d+\.\d+\.\d+/),
    license: z.literal('MIT'),
    author: z.string(),
    keywords: z.array(z.string()).min(5),
    homepage: z.url(),
    bugs: z.object({ url: z.url() }),
    repository: z.object({ type: z.literal('git'), url: z.string().regex(/^git\+https:.+\.git$/) }),
    files: z.array(z.string()),
    engines: z.object({ node: z.string() }),
  });
  const content = Package.parse(JSON.parse(read('package.json')));

  it('ships files that exist', () => {
    // dist is made by the build.
    for (const file of content.files.filter((name) => name !== 'dist'))
      expect(existsSync(join(ROOT, file)), file).toBe(true);
    expect(content.files).toEqual(
      expect.arrayContaining(['CHANGELOG.md', 'LICENSE', 'README.md', 'examples']),
    );
  });

  it('ships every file that a shipped document links to', () => {
    const isShipped = (file: string): boolean =>
      file === 'package.json' || content.files.some((name) => file === name || file.startsWith(`${name}/`));
    for (const file of markdownFiles().filter(isShipped))
      for (const target of links(read(file)).filter((link) => !/^[a-z]+:|^#/i.test(link))) {
        const path = relative(ROOT, resolve(ROOT, dirname(file), target.replace(/#.*/, '')));
        expect(isShipped(path), `${file} links to ${path}`).toBe(true);
      }
  });

  it('needs the Node.js line that .nvmrc selects', () => {
    expect(content.engines.node).toMatch(new RegExp(`^>=${read('.nvmrc').trim()}\\.`));
  });
});

describe('links of Markdown files', () => {
  it.each(markdownFiles())('%s', (file) => {
    expect(links(read(file)).flatMap((target) => broken(file, target) ?? [])).toEqual([]);
  });

  it('are found, and broken ones are noticed', () => {
    expect(links('[a](b.md) `[c](d.md)`\n\n[e]: f.md\n')).toEqual(['b.md', 'f.md']);
    expect(broken('docs/rules.md', 'nothing.md')).toContain('does not exist');
    expect(broken('docs/rules.md', '../CHANGELOG.md#nothing')).toContain('no such heading');
    expect(broken('docs/rules.md', '../CHANGELOG.md#unreleased')).toBeNull();
  });
});

const FormField = z.strictObject({
  type: z.enum(['markdown', 'input', 'textarea', 'dropdown', 'checkboxes']),
  id: z
    .string()
    .regex(/^[a-z][a-z0-9_-]*$/)
    .optional(),
  attributes: z.looseObject({ label: z.string().min(1).optional() }),
  validations: z.strictObject({ required: z.boolean() }).optional(),
});
const IssueForm = z.strictObject({
  name: z.string().min(3),
  description: z.string().min(3),
  labels: z.array(z.string()),
  body: z.array(FormField).min(3),
});

describe('issue forms', () => {
  const form = (name: string) => IssueForm.parse(parse(read(`.github/ISSUE_TEMPLATE/${name}.yml`)));

  it.each(['bug', 'card-recording', 'update-report'])('%s is complete', (name) => {
    const fields = form(name).body.filter(({ type }) => type !== 'markdown');
    const ids = fields.map(({ id }) => id);
    expect(new Set(ids).size).toBe(fields.length);
    for (const { id, attributes } of fields) expect(attributes.label, id).toBeTruthy();
    expect(ids).toContain('version');
    expect(fields.some(({ validations }) => validations?.required)).toBe(true);
  });

  it('ask for what the project needs of a recording and of an update', () => {
    const required = (name: string) =>
      form(name).body.flatMap(({ id, validations }) => (validations?.required === true ? (id ?? []) : []));
    expect(required('card-recording')).toEqual(expect.arrayContaining(['card', 'ups', 'report']));
    expect(required('update-report')).toEqual(
      expect.arrayContaining(['report', 'outcome', 'generation', 'transfer', 'start']),
    );
  });

  it('send security problems elsewhere', () => {
    const Config = z.strictObject({
      blank_issues_enabled: z.literal(false),
      contact_links: z.array(z.strictObject({ name: z.string(), url: z.url(), about: z.string() })),
    });
    const { contact_links } = Config.parse(parse(read('.github/ISSUE_TEMPLATE/config.yml')));
    expect(contact_links.map(({ url }) => url).join('\n')).toContain('/security/advisories/new');
  });
});

describe('.github/workflows/ci.yml', () => {
  const Step = z.looseObject({ uses: z.string().optional(), run: z.string().optional() });
  const Workflow = z.looseObject({
    on: z.looseObject({ push: z.unknown(), pull_request: z.unknown() }),
    permissions: z.strictObject({ contents: z.literal('read') }),
    jobs: z.record(z.string(), z.looseObject({ 'timeout-minutes': z.int().max(30), steps: z.array(Step) })),
  });
  const steps = Object.values(Workflow.parse(parse(read('.github/workflows/ci.yml'))).jobs).flatMap(
    (job) => job.steps,
  );

  it('runs .ci/run, and pins each action by its major version', () => {
    expect(steps.filter(({ run }) => run?.includes('./.ci/run'))).toHaveLength(1);
    const actions = steps.flatMap(({ uses }) => uses ?? []);
    expect(actions.length).toBeGreaterThan(1);
    for (const action of actions) expect(action).toMatch(/^actions\/[a-z-]+@v\d+$/);
  });
});
