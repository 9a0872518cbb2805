import { floods } from './floods-tmp.ts'
console.log(JSON.stringify(await floods(process.argv.slice(2)), null, 1))
