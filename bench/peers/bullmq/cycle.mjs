// The BullMQ client of the durable-cycle benchmark.
//
// Started by `ringback-bench` with the port of a Redis server. Reads one JSON request per line on
// stdin, answers one JSON line on stdout, and ends when stdin ends, so that it cannot outlive the
// benchmark. A request is {"outstanding": n, "warmup_s": s, "measure_s": s, "attributes": "..."}.

import { createInterface } from 'node:readline';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';

const connection = { host: '127.0.0.1', port: Number(process.argv[2]), maxRetriesPerRequest: null };
const PRIORITIES = 10;
let runs = 0;

for await (const line of createInterface({ input: process.stdin })) {
  const answer = await run(JSON.parse(line));
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

/** One cell: `outstanding` loops of whole cycles side by side on a queue of its own. */
async function run({ outstanding, warmup_s, measure_s, attributes }) {
  const name = `cycle-${++runs}`;
  const queue = new Queue(name, { connection });
  // A worker without a processor: jobs are fetched by hand, one per cycle.
  const worker = new Worker(name, null, { connection });
  await Promise.all([queue.waitUntilReady(), worker.waitUntilReady()]);

  const opens = performance.now() + warmup_s * 1000;
  const cell = {
    queue,
    worker,
    attributes: JSON.parse(attributes),
    opens,
    closes: opens + measure_s * 1000,
    latencies_us: [],
    finished: 0,
    empty_takes: 0,
  };
  await Promise.all(Array.from({ length: outstanding }, (_, client) => loop(cell, client)));

  const counts = await queue.getJobCounts('completed', 'active', 'prioritized', 'wait', 'failed');
  await worker.close();
  await queue.close();
  await forgetEverything();
  return {
    latencies_us: cell.latencies_us,
    finished: cell.finished,
    empty_takes: cell.empty_takes,
    completed_in_store: counts.completed,
    left_in_store: counts.active + counts.prioritized + counts.wait + counts.failed,
  };
}

/** One client: the next cycle begins when the last one is durable. */
async function loop(cell, client) {
  for (let turn = 0; performance.now() < cell.closes; turn++) {
    const began = performance.now();
    await cycle(cell, client, turn);
    const ended = performance.now();
    cell.finished++;
    if (ended >= cell.opens && ended <= cell.closes) cell.latencies_us.push(Math.round((ended - began) * 1000));
  }
}

/** Submit, take the best by priority (rarely the one just submitted), accept, complete. */
async function cycle(cell, client, turn) {
  const token = `agent-${client}`;
  await cell.queue.add('interaction', cell.attributes, { priority: 1 + ((client + turn) % PRIORITIES) });
  let job = await cell.worker.getNextJob(token, { block: false });
  while (!job) {
    cell.empty_takes++;
    job = await cell.worker.getNextJob(token, { block: false });
  }
  await job.updateProgress('accepted');
  await job.moveToCompleted('done', token, false);
}

/** Every cell begins with an empty store. */
async function forgetEverything() {
  const redis = new Redis(connection);
  await redis.flushall();
  await redis.quit();
}
