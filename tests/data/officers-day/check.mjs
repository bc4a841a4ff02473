// Compares an export of records with what the four phones of the officers' day wrote.
//   node check.mjs RECORDS.jsonl
// Exit status 1 and the first differences where something is missing or wrong.
import fs from 'node:fs';
import { expected, same, verify } from './gen.mjs';

const devices = [0, 1, 2, 3];
const records = new Map();
for (const line of fs.readFileSync(process.argv[2], 'utf8').split('\n').filter(Boolean)) {
  const record = JSON.parse(line);
  if (records.has(record.id)) { console.error(`${record.id} stands twice in the export`); process.exit(1); }
  records.set(record.id, record);
}
const body = id => records.get(id)?.body;
const found = await verify(body, devices);
console.log(JSON.stringify(found));
if (found.missing + found.wrong + found.lost_case_logs + found.lost_inserts > 0) {
  for (const [id, want] of expected(devices).created) {
    const have = body(id);
    if (have && same(have, want)) continue;
    console.error(`${id}: want ${JSON.stringify(want).slice(0, 600)}\n${id}: have ${JSON.stringify(have)?.slice(0, 600)}`);
    break;
  }
  process.exit(1);
}
// Four phones set the shared cases at once: what contradicts itself must be shown, not chosen.
const shown = [...records.values()].filter(record => Object.keys(record.conflicts ?? {}).length > 0).length;
if (shown === 0) { console.error('no conflict is shown, though four phones wrote the same cases'); process.exit(1); }
console.log(`${records.size} records, ${shown} with conflicts shown`);
