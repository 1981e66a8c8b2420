/**
 * Reads YAML text against a schema and says every finding at once, with line and column; changes single values of a text and
 * leaves the rest of it as it is.
 *
 * Owns the way from a mistake in a file to a place in it, the bounded reading of a file that somebody has named, and where the data
 * files of the tool lie in a build. Must not know what the files are about; imports core only.
 */
export { editYaml } from './edit.ts';
export { countedFindings, FindingList, type Findings, listFindings } from './findings.ts';
export { readBundledData } from './own-data.ts';
export { type Locate, parseYaml } from './parse.ts';
export type { YamlEdit, YamlPath } from './splices.ts';
export { readFileWithin, readTextWithin } from './text-file.ts';
