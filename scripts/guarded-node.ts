/** A node that does not outlive whoever started it: the command line, and an eye on the parent. `kill -9` of a demo, a benchmark or a test must leave nothing running. */
const parent = process.ppid
setInterval(() => {
  // Whoever loses its parent gets another one.
  if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL')
}, 300).unref()

await import('../src/cli/main.js')
