'use strict'
// Loaded before anything else by `bin/reeve`. Plain CommonJS: a Node that is too old must be able to
// read this file in order to be told so.
const { engines } = require('../package.json')

const [major, minor] = engines.node.replace('>=', '').split('.').map(Number)
const [ownMajor, ownMinor] = process.versions.node.split('.').map(Number)

if (ownMajor < major || (ownMajor === major && ownMinor < minor)) {
  console.error(`reeve: needs Node ${engines.node}, and the one on the path is ${process.version}`)
  console.error('  fix: install Node 24 from https://nodejs.org, or run `npm start` in the clone')
  process.exit(1)
}
