// npm run crash: PostgreSQL, its connections and Node are killed under load, and nothing that was answered is lost.
import { parseArgs } from 'node:util';
import { startRig } from './rig.ts';
import { allKinds, type Kind, playRound, type Round } from './rounds.ts';

const usage = `npm run crash -- [options]
  --rounds N    faults, one kind after the other (20)
  --clients N   applications at work (16; at most 32)
  --only KINDS  comma-separated: ${allKinds.join(', ')}
  --json        figures as JSON`;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    clients: { type: 'string', default: '16' },
    only: { type: 'string', default: allKinds.join() },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const [rounds, clients] = [Number(values.rounds), Number(values.clients)];
const kinds = allKinds.filter((kind) => values.only.split(',').includes(kind));
if (values.help || !(rounds >= 1) || !(clients >= 1 && clients <= 32) || kinds.length === 0) {
  console.log(usage);
  process.exit(values.help ? 0 : 1);
}

const line = ({ kind, rate, away, back, granted, unavailable, cut, slowest, faults }: Round) =>
  `${kind.padEnd(10)} ${rate}/s; database away ${away} ms, half the rate ${back} ms later; ` +
  `${granted} granted, ${unavailable} times 503, ${cut} cut, slowest ${Math.round(slowest)} ms` +
  faults.map((fault) => `\n  FAULT ${fault}`).join('');

const rig = await startRig();
const played: Round[] = [];
try {
  for (let round = 0; round < rounds; round += 1) {
    const one = await playRound(rig, kinds[round % kinds.length] as Kind, clients);
    played.push(one);
    console.error(`round ${round + 1}/${rounds}  ${line(one)}`);
  }
} finally {
  await rig.stop();
}
const faults = played.flatMap((one) => one.faults);
if (values.json) console.log(JSON.stringify({ rounds: played, faults: faults.length }, null, 2));
else console.log(`${played.length} rounds, ${faults.length} faults`);
process.exit(faults.length > 0 ? 1 : 0);
