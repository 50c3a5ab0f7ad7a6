/** Habits that each cost somebody a day once: silenced types, errors without a code, tests that do not run, time that cannot be moved. */
import { SyntaxKind } from 'typescript/unstable/ast'
import { complaint, matches, walk } from './project.mjs'

const BARE_ERRORS = new Set(['Error', 'TypeError', 'RangeError'])
/** Rooms to which the clock and chance are handed in, so that a test can hold them. */
const CLOCKLESS = /^src\/(protocol|state|machine|thread|store|chain|network|oracle)\//

export function checkHabits (project) {
  return project.sources.flatMap(source => [
    ...inTree(source),
    ...matches(source, /^\s*\/[/*]\s*@ts-(ignore|expect-error|nocheck)/gm, 'silences the compiler'),
    ...source.path.startsWith('test/') ? testsThatDoNotRun(source) : []
  ])
}

function inTree (source) {
  const found = []
  const say = (node, what) => found.push(complaint(source, node, what))
  const product = source.path.startsWith('src/')
  walk(source.tree, node => {
    switch (node.kind) {
      case SyntaxKind.AnyKeyword: return say(node, 'uses `any`: `unknown`, or the type')
      case SyntaxKind.NonNullExpression: return say(node, 'asserts with `!`: check it, or make the type say it')
      case SyntaxKind.CatchClause: return node.block.statements.length === 0 && say(node, 'has an empty catch')
      case SyntaxKind.ThrowStatement: return product && isBareError(node.expression) && say(node, 'throws an error without a code: use ThreadsError')
      case SyntaxKind.PropertyAccessExpression: return CLOCKLESS.test(source.path) && isAmbient(node) && say(node, `uses ${nameOf(node)}: clock and chance are handed in`)
    }
  })
  return found
}

function isBareError (expression) {
  return expression?.kind === SyntaxKind.NewExpression && BARE_ERRORS.has(expression.expression.text)
}

function isAmbient (node) {
  return ['Date.now', 'Math.random'].includes(nameOf(node))
}

function nameOf (node) {
  return `${node.expression.text}.${node.name.text}`
}

/** `suite.only(…)`, `suite.skip(…)`: calls by their syntax, so that a text that mentions them is none. */
function testsThatDoNotRun (source) {
  const found = []
  walk(source.tree, node => {
    const called = node.kind === SyntaxKind.CallExpression ? node.expression : undefined
    if (called?.kind !== SyntaxKind.PropertyAccessExpression || !['only', 'skip'].includes(called.name.text)) return
    found.push(complaint(source, node, `calls .${called.name.text}(): all tests run`))
  })
  return found
}
