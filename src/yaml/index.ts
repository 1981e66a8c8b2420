/**
 * Reads YAML text against a schema and says every finding at once, with line and column.
 *
 * Owns the way from a mistake in a file to a place in it, and where the data files of the tool lie in a build. Must not know
 * what the files are about; imports nothing of the project.
 */
export { type OwnData, readOwnData } from './own-data.ts';
export {
  type Finding,
  inOrder,
  type Locate,
  listFindings,
  type Parsed,
  type Place,
  parseYaml,
} from './parse.ts';
