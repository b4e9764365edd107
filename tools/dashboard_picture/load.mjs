// A bounded load of photos whose budgets change over time, as traffic of several kinds of clients does.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { scrapeSeconds } from './programs.mjs';

const Budgets = { default: '', fast: 'profile=fast', best: 'profile=best', beta: 'beta=0.5', capped: 'max-depth=2', forced: 'depth=4', hopeless: 'deadline-ms=1', wrong: 'depth=99' };

/** Until which share of the time how many clients send what, by weight. */
const Phases = [
  { until: 0.3, clients: 2, mix: { default: 5, fast: 2, best: 2, beta: 1, forced: 0.3, wrong: 0.15 } },
  { until: 0.5, clients: 3, mix: { default: 2, fast: 6, best: 1, beta: 1, capped: 1, wrong: 0.1 } },
  { until: 0.62, clients: 24, mix: { default: 4, fast: 4, best: 2, beta: 2, hopeless: 1 } },
  { until: 0.82, clients: 3, mix: { default: 2, fast: 1, best: 5, beta: 1, forced: 0.5 } },
  { until: 1, clients: 2, mix: { default: 6, fast: 2, best: 1, beta: 1, forced: 0.3 } },
];

/** @returns start and end of what the picture shows, in seconds since the Unix epoch, and how many requests were sent in it */
export async function sendLoad(url, folder, seconds) {
  const photos = readdirSync(folder).filter(name => /\.(jpe?g|png|webp)$/i.test(name)).sort().map(name => readFileSync(join(folder, name)));
  if (photos.length === 0) {
    throw new Error(`${folder} holds no photos.`);
  }
  const random = generator(1);
  const next = () => photos[Math.floor(random() * photos.length)];
  // a labelled series starts with its first image, and a rate needs a sample before what it counts
  await Promise.all(['default', 'fast', 'best', 'beta', 'capped', 'forced'].map(kind => send(url, next(), Budgets[kind])));
  await sleep(4 * scrapeSeconds * 1000);
  const start = Date.now() / 1000;
  let sent = 0;
  const client = async index => {
    for (;;) {
      const share = (Date.now() / 1000 - start) / seconds;
      if (share >= 1) {
        return;
      }
      const phase = Phases.find(each => share < each.until);
      if (index >= phase.clients) {
        await sleep(200);
        continue;
      }
      sent++;
      await send(url, next(), Budgets[pick(phase.mix, random())]);
    }
  };
  await Promise.all(Array.from({ length: Math.max(...Phases.map(each => each.clients)) }, (_, index) => client(index)));
  await sleep(scrapeSeconds * 1000); // the last answers are scraped
  return { start: start + 4 * scrapeSeconds, end: Date.now() / 1000, sent };
}

async function send(url, body, budget) {
  const response = await fetch(`${url}/v1/segment`, { method: 'POST', body, headers: budget ? { 'Compute-Budget': budget } : {} });
  await response.arrayBuffer();
  if (response.status === 503) {
    await sleep(500); // shorter than Retry-After asks, to keep the queue full
  }
}

function pick(mix, at) {
  let left = at * Object.values(mix).reduce((sum, weight) => sum + weight);
  return Object.entries(mix).find(([, weight]) => (left -= weight) < 0)[0];
}

/** The same numbers every time (a linear congruential generator), so that two pictures differ by the machine alone. */
function generator(seed) {
  return () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
}

const sleep = milliseconds => new Promise(resume => setTimeout(resume, milliseconds));
