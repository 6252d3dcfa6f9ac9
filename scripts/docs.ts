import { writeFileSync } from 'node:fs'
import { indexedPages } from './docs/indexes.ts'
import { RECORDINGS, record } from './docs/recordings.ts'

// What the pages have that is made from something else: `npm run docs`. test/docs says when it is out of date.
for (const [path, text] of indexedPages()) writeFileSync(path, text)
for (const recording of RECORDINGS) writeFileSync(recording.path, record(recording))
