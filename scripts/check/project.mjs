/** The checkout as the rules see it: its files, its syntax trees and its types. Trees and types are the compiler's own (TypeScript 7's API, whose version is pinned). */
import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join, posix, relative, sep } from 'node:path'
import { API } from 'typescript/unstable/sync'
import { SyntaxKind } from 'typescript/unstable/ast'

/** Folders that are nobody's handwriting. */
const NOT_OURS = new Set(['node_modules', 'dist', '.git', '.cache'])

/**
 * @typedef {{ path: string, tree: any, text: string }} Source a TypeScript file; paths have forward slashes and begin at the root
 * @typedef {{ file: string, line: number, what: string }} Complaint
 * @typedef {{ from: string, to: string, line: number, typeOnly: boolean }} Import between two files of src/
 */

/** @param {string} root with a tsconfig.json */
export function openProject (root) {
  const api = new API({ cwd: root })
  const snapshot = api.updateSnapshot({ openProjects: [join(root, 'tsconfig.json')] })
  const compiled = snapshot.getProjects()[0]
  const inRoot = path => relative(root, path).split(sep).join('/')
  /** @type {Source[]} */
  const sources = compiled.rootFiles.map(path => ({ path: inRoot(path), tree: compiled.program.getSourceFile(path) }))
    .map(source => ({ ...source, text: source.tree.text }))

  return {
    root,
    sources,
    src: sources.filter(source => source.path.startsWith('src/')),
    checker: compiled.checker,
    /** @returns {Complaint[]} what the compiler says */
    diagnostics () {
      const { program } = compiled
      return [...program.getProgramDiagnostics(), ...program.getSyntacticDiagnostics(), ...program.getSemanticDiagnostics()].map(({ fileName, pos, code, text }) => {
        const source = fileName === undefined ? undefined : sources.find(({ path }) => path === inRoot(fileName))
        return { file: fileName === undefined ? 'tsconfig.json' : inRoot(fileName), line: source === undefined ? 1 : lineAt(source.text, pos), what: `TS${code}: ${text}` }
      })
    },
    /** All handwritten files, code or not. */
    files: () => filesBelow(root, ''),
    read: path => readFileSync(join(root, path), 'utf8'),
    close: () => { api.close() }
  }
}

/** Calls `visit` with every node of a tree. */
export function walk (node, visit) {
  visit(node)
  node.forEachChild(child => { walk(child, visit) })
}

/** @param {Source} source @returns {Complaint} */
export function complaint (source, node, what) {
  return { file: source.path, line: lineAt(source.text, node.getStart()), what }
}

/** @param {Source} source @returns {Complaint[]} one for each match */
export function matches (source, pattern, what) {
  return [...source.text.matchAll(pattern)].map(match => ({ file: source.path, line: lineAt(source.text, match.index + match[0].search(/\S/)), what }))
}

/** Imports and re-exports of a file that lead to a file of ours. @param {Source} source @returns {Import[]} */
export function importsOf (source) {
  const found = []
  walk(source.tree, node => {
    const specifier = node.kind === SyntaxKind.ImportDeclaration || node.kind === SyntaxKind.ExportDeclaration ? node.moduleSpecifier
      : node.kind === SyntaxKind.CallExpression && node.expression.kind === SyntaxKind.ImportKeyword ? node.arguments[0]
        : node.kind === SyntaxKind.ImportType ? node.argument?.literal : undefined
    if (specifier?.kind !== SyntaxKind.StringLiteral || !specifier.text.startsWith('.')) return
    const to = posix.join(dirname(source.path), specifier.text).replace(/\.js$/, '.ts')
    found.push({ from: source.path, to, line: lineAt(source.text, node.getStart()), typeOnly: isTypeOnly(node) })
  })
  return found
}

function isTypeOnly (node) {
  if (node.kind === SyntaxKind.ImportType) return true
  if (node.kind === SyntaxKind.ExportDeclaration) return node.isTypeOnly
  const clause = node.importClause
  if (clause === undefined) return false
  if (clause.phaseModifier === SyntaxKind.TypeKeyword) return true
  const names = clause.namedBindings?.elements
  return clause.name === undefined && names !== undefined && names.length > 0 && names.every(name => name.isTypeOnly)
}

function lineAt (text, position) {
  return text.slice(0, position).split('\n').length
}

function filesBelow (root, folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap(entry => {
    const path = posix.join(folder, entry.name)
    if (entry.isDirectory()) return NOT_OURS.has(entry.name) ? [] : filesBelow(root, path)
    return entry.isFile() ? [path] : []
  })
}
