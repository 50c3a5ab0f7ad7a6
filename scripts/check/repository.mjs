/** The checkout says nothing of the machine that it was written on. */
const TEXT = /\.(ts|mjs|js|json|md|sol|yml|yaml|html|css|sh)$|(^|\/)(Dockerfile|\.npmrc|\.gitignore|\.dockerignore|run)$/
/** Somebody's own folders. `~/` and `$HOME` are everybody's. */
const MACHINE_PATH = /(?<![\w.:/@-])\/(?:root|work|workspace|home\/(?!node\b)\w+|Users\/\w+|tmp)\/[\w.-]+/g

export function checkRepository (project) {
  return [...machinePaths(project), ...lock(project)]
}

function machinePaths (project) {
  return project.files().filter(path => TEXT.test(path) && path !== 'package-lock.json').flatMap(path => {
    const text = project.read(path)
    return [...text.matchAll(MACHINE_PATH)].map(match => ({ file: path, line: text.slice(0, match.index).split('\n').length, what: `names a path of one machine: ${match[0]}` }))
  })
}

/** Where a package came from is the reader's own registry's affair; its integrity says what it is. */
function lock (project) {
  if (!project.files().includes('package-lock.json')) return [{ file: 'package-lock.json', line: 1, what: 'is missing' }]
  const { packages } = JSON.parse(project.read('package-lock.json'))
  return Object.entries(packages).filter(([, entry]) => entry.resolved !== undefined && entry.link !== true)
    .map(([name, { resolved }]) => ({ file: 'package-lock.json', line: 1, what: `${name} has \`resolved\`: ${resolved}` }))
}
