/** Imports point one way: protocol ← state ← machine ← thread; the rooms at the rim see the ports and never each other; only node.ts composes. */
import { SyntaxKind } from 'typescript/unstable/ast'
import { complaint, importsOf, walk } from './project.mjs'

/** What each room may import besides itself and the files that all may. A file name stands for that file alone. */
const MAY_IMPORT = {
  protocol: [],
  state: ['protocol'],
  machine: ['protocol', 'state'],
  thread: ['protocol', 'state', 'machine'],
  store: ['protocol'],
  chain: ['protocol'],
  network: ['protocol'],
  oracle: ['protocol'],
  // The methods speak of threads; what they need of a node is said in rpc/host.ts.
  rpc: ['protocol', 'state', 'machine', 'thread', 'config.ts'],
  web: ['protocol', 'rpc', 'config.ts'],
  // `deploy` needs a chain and no node.
  cli: ['protocol', 'rpc', 'chain', 'config.ts', 'keystore.ts', 'node.ts']
}
/** Files beside the rooms. `node.ts` and `index.ts` may import everything. */
const ALONE = { 'errors.ts': [], 'polyfill.ts': [], 'turn.ts': [], 'rates.ts': [], 'config.ts': ['protocol'], 'keystore.ts': ['protocol'] }
const FOR_ALL = ['errors.ts', 'polyfill.ts', 'turn.ts', 'rates.ts']
/** Only its types: whoever implements a port needs no code of the room that uses it. */
const PORTS = 'src/thread/ports.ts'

export function checkImports (project) {
  const imports = project.src.flatMap(importsOf)
  return [...imports.flatMap(directionOf), ...barrels(project), ...cycles(project, imports)]
}

function directionOf ({ from, to, line, typeOnly }) {
  const say = what => [{ file: from, line, what }]
  const importer = roomOf(from)
  const imported = roomOf(to)
  if (imported === undefined) return say(`imports ${to}: nothing outside src/ is part of the product`)
  if (importer === 'node.ts' || importer === 'index.ts' || importer === imported || FOR_ALL.includes(imported)) return []
  if (to === PORTS && importer in MAY_IMPORT) {
    return typeOnly || importer === 'cli' || MAY_IMPORT[importer].includes('thread') ? [] : say('imports more than types from the ports: write `import type`')
  }
  const allowed = MAY_IMPORT[importer] ?? ALONE[importer]
  if (allowed === undefined) return say(`${importer} has no place in the order of rooms: give it one in scripts/check/imports.mjs`)
  return allowed.includes(imported) ? [] : say(`${importer} must not import ${to}`)
}

/** `src/thread/ports.ts` → `thread`, `src/node.ts` → `node.ts`. */
function roomOf (path) {
  const [top, room] = path.split('/')
  return top === 'src' ? room : undefined
}

/** Names are imported from the file that defines them; a barrel makes rings. */
function barrels (project) {
  const found = []
  for (const source of project.src) {
    if (source.path === 'src/index.ts') continue
    walk(source.tree, node => {
      if (node.kind === SyntaxKind.ExportDeclaration && node.moduleSpecifier !== undefined) found.push(complaint(source, node, 're-exports another file: only src/index.ts does that'))
    })
  }
  return found
}

/** Rings of imports, types included: two files that need each other are one file, or three. */
function cycles (project, imports) {
  const next = new Map()
  for (const item of imports) next.set(item.from, [...next.get(item.from) ?? [], item])
  const done = new Set()
  const found = []
  const visit = (path, trail) => {
    const start = trail.indexOf(path)
    if (start >= 0) {
      found.push({ file: path, line: 1, what: `is part of a ring: ${[...trail.slice(start), path].join(' → ')}` })
      return
    }
    if (done.has(path)) return
    for (const { to } of next.get(path) ?? []) visit(to, [...trail, path])
    done.add(path)
  }
  for (const { path } of project.src) visit(path, [])
  return found
}
