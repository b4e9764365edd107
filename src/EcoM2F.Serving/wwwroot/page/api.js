// Calls to the service. Addresses are relative, so that the page works under a path too.
import { failureOf, unreachable } from './words.js';

/** What this page asked, newest first. */
export const requests = [];
const MOST_REQUESTS = 50;

/** A refusal in words; `problem` is the service's own document, where there is one. */
export class Failure extends Error {
  constructor(words, problem, status) {
    super(words.title);
    Object.assign(this, { words, problem, status });
  }
}

export async function models(signal) {
  const response = await reach('v1/models', { signal });
  return (await response.json()).models;
}

export async function text(address, signal) {
  return (await reach(address, { signal })).text();
}

export async function isReady() {
  try {
    return (await fetch('readyz', { cache: 'no-store' })).ok;
  } catch {
    return false;
  }
}

/** @param {object} [more] Further parameters. */
export function segmentAddress(model, task, more) {
  const query = new URLSearchParams({ task, ...more });
  if (!model.default) {
    query.set('model', model.name);
  }
  return `v1/segment?${query.toString().replaceAll('%2C', ',')}`;
}

/** Segments a photo: the answer as an object and as it came, where it ran, and how long it took from here, in milliseconds. */
export async function segment({ photo, model, task, budget, more, signal }) {
  const entry = { at: new Date(), photo: photo.name, task, budget, status: '', took: 0 };
  const started = performance.now();
  try {
    const headers = budget ? { 'Compute-Budget': budget } : {};
    const response = await reach(segmentAddress(model, task, more), { method: 'POST', body: photo.blob, headers, signal });
    const body = await response.text();
    const answer = JSON.parse(body);
    const used = response.headers.get('Compute-Used') ?? '';
    const point = pointOf(answer.compute, used);
    Object.assign(entry, { status: response.status, point, reason: answer.compute.reason });
    return { answer, body, point, used, elapsed: performance.now() - started };
  } catch (error) {
    entry.status = signal?.aborted ? 'cancelled' : error.status ?? 'no answer';
    throw error;
  } finally {
    entry.took = performance.now() - started;
    requests.unshift(entry);
    requests.length = Math.min(requests.length, MOST_REQUESTS);
  }
}

/** Where an image ran. The answer has the input's edges; its size's name, which budgets use, is in the header alone. */
function pointOf({ depth, max_depth: maxDepth, size: input, decoder_depth: decoder, max_decoder_depth: maxDecoder }, used) {
  const size = /(?:^|, )size=(\d+)/.exec(used)?.[1];
  return { depth, maxDepth, decoder, maxDecoder, input, size: size && Number(size) };
}

async function reach(address, options) {
  let response;
  try {
    response = await fetch(address, { cache: 'no-store', ...options });
  } catch (error) {
    throw options.signal?.aborted ? error : new Failure(unreachable, null, undefined);
  }
  if (!response.ok) {
    const problem = await response.json().catch(() => null);
    throw new Failure(failureOf(response, problem), problem, response.status);
  }
  return response;
}
