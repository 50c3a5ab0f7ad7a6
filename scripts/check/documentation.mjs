/** Every exported name of src/ has a doc comment. */
import { SyntaxKind } from 'typescript/unstable/ast'
import { complaint } from './project.mjs'

const TARGET = 0.95

export function checkDocumentation (project) {
  const names = project.src.flatMap(exportedNames)
  const bare = names.filter(({ documented }) => !documented)
  const share = names.length === 0 ? 1 : 1 - bare.length / names.length
  const note = `${names.length - bare.length} of ${names.length} exported names have a doc comment (${(share * 100).toFixed(1)} %, at least ${TARGET * 100} %)`
  const list = bare.map(({ source, node, name }) => complaint(source, node, `${name} is exported without a doc comment`))
  return share < TARGET ? { note, complaints: list } : { note: [note, ...list.map(({ file, line, what }) => `${file}:${line} ${what}`)].join('\n  '), complaints: [] }
}

function exportedNames (source) {
  const { statements } = source.tree
  const listed = new Set([...statements].flatMap(statement =>
    statement.kind === SyntaxKind.ExportDeclaration && statement.moduleSpecifier === undefined ? statement.exportClause.elements.map(element => (element.propertyName ?? element.name).text) : []))
  const seen = new Set() // overloads have one comment
  return [...statements].flatMap(statement => namesOf(statement).flatMap(name => {
    const exported = statement.modifiers?.some(modifier => modifier.kind === SyntaxKind.ExportKeyword) === true || listed.has(name)
    if (!exported || seen.has(name)) return []
    seen.add(name)
    return [{ source, node: statement, name, documented: statement.jsDoc?.length > 0 }]
  }))
}

function namesOf (statement) {
  switch (statement.kind) {
    case SyntaxKind.FunctionDeclaration:
    case SyntaxKind.ClassDeclaration:
    case SyntaxKind.TypeAliasDeclaration:
    case SyntaxKind.InterfaceDeclaration: return statement.name === undefined ? ['default'] : [statement.name.text]
    case SyntaxKind.VariableStatement: return statement.declarationList.declarations.map(declaration => declaration.name.text ?? '(pattern)')
    default: return []
  }
}
