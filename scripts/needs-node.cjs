// Ends the process with a sentence when its Node is too old to read TypeScript, instead of a stack trace of that Node.
// Whatever a person can start begins with this (docs/decisions/0050): it must stay JavaScript that every Node understands.
const NEEDED = 24

if (Number(process.versions.node.split('.')[0]) < NEEDED) {
  process.stderr.write(
    `Backscroll needs Node ${NEEDED}, found ${process.versions.node}: start it with npm (npm start, npm run …), which brings Node ${NEEDED} into the project, or install Node ${NEEDED} from https://nodejs.org\n`
  )
  process.exit(1)
}
