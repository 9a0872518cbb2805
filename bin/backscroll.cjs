#!/usr/bin/env node
// The command `backscroll`: from the sources in a clone, from the bundle in a package. Older versions of Node must understand this
// file, so that they can be told that they are too old.
const fs = require('fs')
const path = require('path')

const sources = path.join(__dirname, '..', 'src', 'backscroll.cjs')
if (fs.existsSync(sources)) require(sources)
else void import('../build/backscroll.js')
