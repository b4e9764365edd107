// The panels' own expressions, asked of Prometheus as Grafana asks: All for model and instance, durations from range and scrape.
import { scrapeSeconds } from './programs.mjs';

export async function queryPanel(url, panel, range) {
  const answers = await Promise.all(panel.targets.map(target => (target.instant ? instant : overTime)(url, target, range)));
  return answers.flat();
}

async function overTime(url, target, range) {
  const result = await ask(url, 'query_range', { query: fill(target.expr, range), start: range.start, end: range.end, step: scrapeSeconds });
  return result.map(each => series(target, each.metric, each.values));
}

async function instant(url, target, range) {
  const result = await ask(url, 'query', { query: fill(target.expr, range), time: range.end });
  return result.map(each => series(target, each.metric, [each.value]));
}

function series(target, labels, values) {
  const name = target.legendFormat.replace(/{{\s*(\w+)\s*}}/g, (_, label) => labels[label] ?? '');
  return { letter: target.refId, instant: target.instant, name, points: values.map(([time, value]) => ({ time, value: Number(value) })) };
}

function fill(expression, range) {
  const values = { model: '.*', instance: '.*', __interval: `${scrapeSeconds}s`, __rate_interval: `${rateSeconds()}s`, __range: `${Math.round(range.end - range.start)}s` };
  return expression.replace(/\$(\w+)/g, (_, name) => values[name]);
}

/** Grafana takes at least four scrapes; twice that is calmer over a picture of minutes. */
export function rateSeconds() {
  return 8 * scrapeSeconds;
}

async function ask(url, kind, parameters) {
  const response = await fetch(`${url}/api/v1/${kind}?${new URLSearchParams(parameters)}`);
  const answer = await response.json();
  if (answer.status !== 'success') {
    throw new Error(`${parameters.query}: ${answer.error}`);
  }
  return answer.data.result;
}
