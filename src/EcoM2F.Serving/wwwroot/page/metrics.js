// Prometheus text, as far as the page needs it.

/** @returns samples with name, labels and value. */
export function parseMetrics(text) {
  const samples = [];
  for (const line of text.split('\n')) {
    const match = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? ([^ ]+)/.exec(line);
    if (match) {
      const labels = Object.fromEntries([...(match[2] ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, name, value]) => [name, value]));
      samples.push({ name: match[1], labels, value: Number(match[3]) });
    }
  }
  return samples;
}

export function sum(samples, name, labels = {}) {
  return samples.filter(one => one.name === name && Object.entries(labels).every(([label, value]) => one.labels[label] === value))
    .reduce((total, { value }) => total + value, 0);
}

/** Sums by the values of a label. */
export function sumsBy(samples, name, label) {
  const sums = new Map();
  for (const one of samples.filter(sample => sample.name === name)) {
    sums.set(one.labels[label], (sums.get(one.labels[label]) ?? 0) + one.value);
  }
  return sums;
}

/** Events of a histogram by bucket (its upper bound), not summed up. */
export function buckets(samples, name) {
  const cumulated = [...sumsBy(samples, `${name}_bucket`, 'le')].map(([le, value]) => [le === '+Inf' ? Infinity : Number(le), value]).sort(([a], [b]) => a - b);
  return cumulated.map(([bound, value], i) => [bound, value - (i > 0 ? cumulated[i - 1][1] : 0)]);
}

/** A quantile, straight within its bucket; null where nothing was measured. */
export function quantile(samples, name, share) {
  const all = buckets(samples, name);
  const wanted = share * all.reduce((total, [, count]) => total + count, 0);
  let [before, lower] = [0, 0];
  for (const [bound, count] of all) {
    if (wanted > 0 && before + count >= wanted) {
      return bound === Infinity ? lower : lower + (bound - lower) * (wanted - before) / count;
    }
    before += count;
    lower = bound;
  }
  return null;
}
