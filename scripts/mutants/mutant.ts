/** A fault made by hand in a contract, and how it gets into the sources. */

/** Sources by their path from the project's root, as the compiler takes them. */
export type Sources = Readonly<Record<string, { readonly content: string }>>

/** One fault. `right` occurs once in `file` (under contracts/). */
export type Mutant = {
  readonly name: string
  readonly file: string
  readonly right: string
  readonly wrong: string
  /** Tests that ought to see it, without folder `dist/test/` and `.test.js`, the likeliest first. */
  readonly tests: readonly string[]
}

/** The sources with this fault in them. @throws Error when its text is not there, or there more than once */
export function withMutant (sources: Sources, { name, file, right, wrong }: Mutant): Sources {
  const path = `contracts/${file}`
  const [before = '', after, ...more] = (sources[path]?.content ?? '').split(right)
  if (after === undefined || more.length > 0) throw new Error(`the fault "${name}" has no one place in ${path}: ${right}`)
  return { ...sources, [path]: { content: before + wrong + after } }
}
