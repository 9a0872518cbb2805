// Ends the process with a sentence when its Node is too old, instead of a stack trace of that Node. Whatever a person can start
// begins with this (docs/decisions/0050): it must stay JavaScript that every Node understands.

// In the bundle this name is replaced: there is no TypeScript in it, which only Node 24 reads.
const isBundle = typeof BACKSCROLL_BUNDLE !== 'undefined'
const NEEDED = isBundle ? [22, 19] : [24, 0]

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < NEEDED[0] || (major === NEEDED[0] && minor < NEEDED[1])) {
  process.stderr.write(
    isBundle
      ? `Backscroll needs Node ${NEEDED.join('.')} or newer, found ${process.versions.node}: install Node 24 from https://nodejs.org, or with your version manager (nvm install 24), and run the command again\n`
      : `Backscroll needs Node ${NEEDED[0]}, found ${process.versions.node}: start it with npm or npx (npm start, npx backscroll …), which use the Node ${NEEDED[0]} that \`npm ci\` brings into the project, or install Node ${NEEDED[0]} from https://nodejs.org\n`
  )
  process.exit(1)
}
