/** Every code that src/ can throw has its row in the README's table (`| \`CODE\` | …`), and every row its code. */
import { SyntaxKind } from 'typescript/unstable/ast'
import { complaint, walk } from './project.mjs'

/** Codes that mean one thing to the user share a row. */
const ROW = /^\|\s*(`[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+`(?:,\s*`[A-Z0-9_]+`)*)\s*\|/gm

export function checkErrorCodes (project) {
  const thrown = codesThrown(project)
  if (!project.files().includes('README.md')) {
    return { note: `codes: ${[...thrown.keys()].sort().join(', ')}`, complaints: [{ file: 'README.md', line: 1, what: `is missing: ${thrown.size} codes need a row in it` }] }
  }
  const readme = project.read('README.md')
  const rows = [...readme.matchAll(ROW)].flatMap(match => match[1].split(',').map(cell => ({
    code: cell.trim().slice(1, -1), line: readme.slice(0, match.index).split('\n').length
  })))
  const listed = new Set(rows.map(({ code }) => code))
  const literals = literalsOf(project)
  return {
    note: `${thrown.size} codes, ${rows.length} rows`,
    complaints: [
      ...[...thrown].filter(([code]) => !listed.has(code)).map(([code, where]) => ({ ...where, what: `throws ${code}, which has no row in README.md: | \`${code}\` | meaning | cause | what to do |` })),
      ...rows.filter(({ code }) => !literals.has(code)).map(({ code, line }) => ({ file: 'README.md', line, what: `describes ${code}, which nothing throws` })),
      ...rows.filter(({ code }, index) => rows.findIndex(row => row.code === code) !== index).map(({ code, line }) => ({ file: 'README.md', line, what: `describes ${code} twice` }))
    ]
  }
}

/** Each code with a place that throws it. A code that a function is handed is looked for where that function is called. */
function codesThrown (project) {
  const codes = new Map()
  const add = (source, argument) => {
    const values = argument === undefined ? [] : literalTypes(project.checker.getTypeAtLocation(argument))
    for (const value of values) if (!codes.has(value)) codes.set(value, complaint(source, argument, ''))
    return values.length > 0
  }
  /** Functions that pass a parameter on as the code: name → index of the parameter. */
  const handed = new Map()
  for (const source of project.src) {
    walk(source.tree, node => {
      if (node.kind !== SyntaxKind.NewExpression || node.expression.text !== 'ThreadsError') return
      const argument = node.arguments?.[0]
      if (add(source, argument) || argument?.kind !== SyntaxKind.Identifier) return
      const wrapper = parameterOf(node, argument.text)
      if (wrapper !== undefined) handed.set(wrapper.name, wrapper.index)
    })
  }
  for (const source of project.src) {
    walk(source.tree, node => {
      if (node.kind === SyntaxKind.CallExpression && handed.has(node.expression.text)) add(source, node.arguments[handed.get(node.expression.text)])
    })
  }
  return codes
}

/** The function around `node` that has the parameter `name`, and where. */
function parameterOf (node, name) {
  for (let around = node.parent; around !== undefined; around = around.parent) {
    const index = around.parameters?.findIndex(parameter => parameter.name.text === name) ?? -1
    if (index >= 0) return { name: around.name?.text ?? around.parent?.name?.text, index }
  }
  return undefined
}

/** The strings that a type allows: one for a literal, several for a union of them, none for `string`. */
function literalTypes (type) {
  if (type === undefined) return []
  if (type.isStringLiteralType()) return [type.value]
  if (!type.isUnionType()) return []
  const parts = type.getTypes()
  return parts.every(part => part.isStringLiteralType()) ? parts.map(part => part.value) : []
}

/** All strings of src/, types included: a code may be made by a table. */
function literalsOf (project) {
  const found = new Set()
  for (const source of project.src) walk(source.tree, node => { if (node.kind === SyntaxKind.StringLiteral || node.kind === SyntaxKind.NoSubstitutionTemplateLiteral) found.add(node.text) })
  return found
}
