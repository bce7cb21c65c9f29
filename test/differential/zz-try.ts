import fc from 'fast-check'
import { aCall, renderCall } from '/work/main/test/differential/a-call.ts'
import { aUnit } from '/work/main/test/differential/a-unit.ts'
import { LANDED, featuresWith } from '/work/main/test/differential/features.ts'
import { renderAnchors, renderUnit, unitOfFile } from '/work/main/test/differential/render-unit.ts'
import { PoliciesRefused, startCerbos } from '/work/main/test/differential/cerbos-server.ts'
import { loadOurs, checkOurs } from '/work/main/test/differential/our-engine.ts'
import { checkTheirs } from '/work/main/test/differential/their-engine.ts'
import { disagreements } from '/work/main/test/differential/disagreements.ts'
const seed = Number(process.argv[2] ?? 1), N = Number(process.argv[3] ?? 20)
const F = featuresWith((process.argv[4] ?? '').split(',').filter(Boolean))!
const units = fc.sample(aUnit(F), { seed, numRuns: N })
let files = [...renderAnchors(F), ...units.flatMap((u, i) => renderUnit(F, u, i))]
console.log(files.length, 'files')
const t0 = Date.now()
let bad = new Set<number>()
for (;;) {
  const ours = loadOurs(files)
  if (!(ours instanceof Map)) break
  for (const [p, m] of ours) { console.log('OURS REFUSES', m); bad.add(unitOfFile(p)!) }
  files = files.filter(f => !bad.has(unitOfFile(f.path)!))
}
console.log('ours loaded', Date.now() - t0)
const mine = loadOurs(files) as any
const t1 = Date.now()
let server
for (;;) try { server = await startCerbos({ files, strict: true, schemas: 'reject', globals: {g:'alpha',h:2} }); break } catch (e) {
  if (!(e instanceof PoliciesRefused)) throw e
  if (e.complaints.size === 0) { console.log(e.message); process.exit(1) }
  for (const [p, m] of e.complaints) { console.log('THEIRS REFUSES', p, m); bad.add(unitOfFile(p)!) }
  files = files.filter(f => !bad.has(unitOfFile(f.path)!))
}
console.log('theirs up', Date.now() - t1, bad.size, 'bad')
const mine2 = loadOurs(files) as any
const t2 = Date.now(); let tOurs = 0; let n = 0, allow = 0, dis = 0, shown = 0
try {
for (const [i, u] of units.entries()) {
  if (bad.has(i)) continue
  for (const call of fc.sample(aCall, { seed: seed * 1000 + i, numRuns: 4 })) {
    const body = renderCall(call, u.kind, i)
    const theirs = await checkTheirs(server, body)
    const a = Date.now(); const ours = checkOurs(mine2, body); tOurs += Date.now() - a
    for (const t of theirs) for (const v of t.actions.values()) { n++; if (v.effect === 'EFFECT_ALLOW') allow++ }
    const ds = disagreements(F, theirs, ours)
    dis += ds.length
    if (ds.length && shown++ < 3) console.log(i, ds.slice(0, 3))
  }
}
} finally { await server.stop() }
console.log({ n, allow, dis, ms: Date.now() - t2, tOurs })
