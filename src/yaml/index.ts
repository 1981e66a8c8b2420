/**
 * Parses YAML text against a schema and reports all findings with line and column. Changes single values of a
 * text and keeps the rest of it.
 *
 * Owns the mapping from a mistake to its place in the file, the bounded reading of named files, and the
 * location of data files in a build. Must not know what the files are for. Imports core only.
 */
export { editYaml } from './edit.ts';
export { countedFindings, FindingList, type Findings, listFindings } from './findings.ts';
export { readBundledData } from './own-data.ts';
export { type Locate, parseYaml } from './parse.ts';
export type { YamlEdit, YamlPath } from './splices.ts';
export { readFileWithin, readTextWithin } from './text-file.ts';
