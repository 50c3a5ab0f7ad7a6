/**
 * The rules of the source that neither the compiler nor a test sees: `check.mjs [rule …] [--root <folder>]`. Exit code 1 when one is broken.
 */
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { checkDocumentation } from './check/documentation.mjs'
import { checkErrorCodes } from './check/error-codes.mjs'
import { checkHabits } from './check/habits.mjs'
import { checkImports } from './check/imports.mjs'
import { openProject } from './check/project.mjs'
import { checkRepository } from './check/repository.mjs'

/** Each gives its complaints, or `{ complaints, note }`. */
const RULES = {
  types: project => project.diagnostics(),
  imports: checkImports,
  habits: checkHabits,
  documentation: checkDocumentation,
  'error-codes': checkErrorCodes,
  repository: checkRepository
}

const HELP = `Usage: npm run check -- [rule …]

Rules
  types          the sources compile
  imports        protocol ← state ← machine ← thread; the rim sees the ports only; no rings, no barrels
  habits         no any, no !, no silenced compiler, no bare errors, no empty catch, no skipped test, no ambient clock
  documentation  95 % of the exported names have a doc comment
  error-codes    the README's table and the codes in src/ agree
  repository     no path of one machine, no registry's address
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { root: { type: 'string' }, help: { type: 'boolean', short: 'h', default: false } }
})
const unknown = positionals.filter(name => !Object.hasOwn(RULES, name))
if (values.help || unknown.length > 0) {
  process.stdout.write(unknown.length > 0 ? `Unknown rule: ${unknown.join(', ')}\n\n${HELP}` : HELP)
  process.exitCode = unknown.length > 0 ? 2 : 0
} else {
  const root = values.root === undefined ? dirname(dirname(fileURLToPath(import.meta.url))) : resolve(values.root)
  process.exitCode = check(root, positionals.length > 0 ? positionals : Object.keys(RULES))
}

function check (root, names) {
  const project = openProject(root)
  let total = 0
  try {
    for (const name of names) {
      const result = RULES[name](project)
      const { complaints, note } = Array.isArray(result) ? { complaints: result } : result
      total += complaints.length
      console.log(`${complaints.length === 0 ? '✓' : '✗'} ${name}${note === undefined ? '' : `: ${note}`}`)
      for (const { file, line, what } of complaints) console.log(`  ${file}:${line} ${what}`)
    }
  } finally {
    project.close()
  }
  console.log(total === 0 ? 'All rules hold.' : `${total} complaints.`)
  return total === 0 ? 0 : 1
}
