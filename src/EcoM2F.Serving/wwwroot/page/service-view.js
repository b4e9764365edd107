// The third view: what the service says of itself, and what this page asked it.
import { isReady, requests, text } from './api.js';
import { byId, h, milliseconds, percent, plural, styled } from './dom.js';
import { buckets, parseMetrics, quantile, sum, sumsBy } from './metrics.js';
import { shortPoint } from './result.js';
import { reasonNames } from './words.js';

const EVERY = 2000;
const WINDOW = 60_000;

export class ServiceView {
  constructor() {
    Object.assign(this, { models: [], history: [], showing: false });
    document.addEventListener('visibilitychange', () => this.poll());
  }

  useModels(models) {
    this.models = models;
  }

  open() {
    this.showing = true;
    this.poll();
  }

  close() {
    this.showing = false;
  }

  async poll() {
    clearTimeout(this.timer);
    if (!this.showing || document.hidden) {
      return;
    }
    const [ready, metrics] = await Promise.all([isReady(), text('metrics').then(parseMetrics).catch(() => null)]);
    if (this.showing) {
      this.show(ready, metrics);
      this.timer = setTimeout(() => this.poll(), EVERY);
    }
  }

  show(ready, metrics) {
    const has = metrics?.some(one => one.name.startsWith('ecom2f_'));
    const view = byId('service');
    const focused = view.contains(document.activeElement);
    if (focused) {
      return; // whoever reads along with the keyboard is not thrown out
    }
    view.replaceChildren(
      has ? this.figures(ready, metrics) : h('p', { className: 'notice' }, '/metrics does not answer here: it may be closed to browsers. The rest of this page works without it.'),
      ...has ? [depths(metrics), reasons(metrics)] : [],
      ...this.models.map(modelCard),
      requestCard());
  }

  /** The numbers at the top, with rates over the last minute that this page watched. */
  figures(ready, metrics) {
    const now = snapshot(metrics);
    this.history = [...this.history.filter(one => now.at - one.at <= WINDOW), now];
    const past = this.history[0];
    const seconds = (now.at - past.at) / 1000;
    const rate = key => seconds > 0 ? (now[key] - past[key]) / seconds : null;
    const recent = now.images - past.images;
    const most = Math.max(0, ...metrics.filter(one => one.name === 'ecom2f_model_max_depth').map(one => one.value));
    const slow = quantile(metrics, 'ecom2f_request_duration_seconds', 0.95);
    const busy = rate('device');
    const spent = now.gmacs + now.gmacsSaved;
    return h('dl', { className: 'figures-grid' },
      figure('State', ready ? 'ready' : 'not ready', now.brownout ? 'images wait: compute is lowered' : 'compute is not lowered by load', ready ? 'good' : 'bad'),
      figure('Average depth', now.images > 0 ? (now.depth / now.images).toFixed(2) : '–', recent > 0 ? `${((now.depth - past.depth) / recent).toFixed(2)} in the last minute, of ${most}` : `of ${most} encoder layers`),
      figure('Images', String(now.images), rate('images') === null ? 'since the service started' : `${(rate('images') * 60).toFixed(0)} a minute now`),
      figure('GMACs saved', spent > 0 ? percent(now.gmacsSaved / spent) : '–', spent > 0 ? `${now.gmacs.toFixed(0)} spent, ${now.gmacsSaved.toFixed(0)} saved` : 'nothing ran yet'),
      figure('Queue', plural(now.queue, 'image'), `${milliseconds(now.predicted * 1000)} of work ahead`),
      figure('Device busy', busy === null ? '–' : percent(Math.min(1, busy)), 'in the last minute'),
      figure('Slowest 5%', slow === null ? '–' : `over ${milliseconds(slow * 1000)}`, 'from request to answer'),
      figure('Refused', String(now.refused), `${now.memory > 0 ? `${(now.memory / 1048576).toFixed(0)} MiB resident` : 'busy, late or not ready'}`));
  }
}

function snapshot(metrics) {
  const gauge = name => sum(metrics, name);
  return {
    at: performance.now(),
    images: gauge('ecom2f_encoder_depth_count'),
    depth: gauge('ecom2f_encoder_depth_sum'),
    gmacs: gauge('ecom2f_gmacs_total'),
    gmacsSaved: gauge('ecom2f_gmacs_saved_total'),
    device: gauge('ecom2f_device_seconds_total'),
    queue: gauge('ecom2f_queue_images'),
    predicted: gauge('ecom2f_queue_predicted_seconds'),
    refused: gauge('ecom2f_requests_rejected_total'),
    brownout: gauge('ecom2f_brownout_active') > 0,
    memory: gauge('process_resident_memory_bytes') || gauge('dotnet_process_memory_working_set_bytes'),
  };
}

function figure(name, value, note, tone = '') {
  return h('div', { className: 'card figure' }, h('dt', {}, name), h('dd', { className: `value ${tone}` }, value), h('dd', { className: 'muted small' }, note));
}

/** How often each depth was used. */
function depths(metrics) {
  const most = Math.max(1, ...metrics.filter(one => one.name === 'ecom2f_model_max_depth').map(one => one.value));
  const counts = buckets(metrics, 'ecom2f_encoder_depth').filter(([depth]) => depth <= most);
  const highest = Math.max(1, ...counts.map(([, count]) => count));
  return card('Depth of the images', 'since the service started', counts.length === 0
    ? h('p', { className: 'muted' }, 'No image has been segmented yet.')
    : h('ol', { className: 'bars' }, counts.map(([depth, count]) => h('li', { 'aria-label': `depth ${depth}: ${plural(count, 'image')}` },
      h('span', { className: 'count', 'aria-hidden': true }, count > 0 ? count : ''),
      styled(h('span', { className: 'column', 'aria-hidden': true }), { height: `${100 * count / highest}px` }),
      h('span', { 'aria-hidden': true }, depth)))));
}

function reasons(metrics) {
  const counts = [...sumsBy(metrics, 'ecom2f_encoder_depth_count', 'reason')].sort(([, a], [, b]) => b - a);
  const all = counts.reduce((total, [, count]) => total + count, 0);
  return card('Why that much', 'what had the last word', counts.length === 0
    ? h('p', { className: 'muted' }, 'Nothing has been decided yet.')
    : h('ul', { className: 'lines' }, counts.map(([reason, count]) => h('li', {},
      h('span', {}, reasonNames[reason] ?? reason), styled(h('span', { className: 'line', 'aria-hidden': true }), { '--part': `${100 * count / all}%` }), h('span', { className: 'number' }, count)))));
}

function modelCard(model) {
  const row = (name, value) => value ? h('div', {}, h('dt', {}, name), h('dd', {}, value)) : null;
  const costs = model.costs.map(cost => Object.values(cost.exits)).flat();
  return card(`Model ${model.name}`, `version ${model.version}${model.default ? ', the default' : ''}`, h('dl', { className: 'facts' },
    row('Tasks', model.tasks.join(', ')),
    row('Encoder exits', model.exits.join(', ')),
    row('Sizes', model.sizes?.map(size => size.own ? `${size.size} (own)` : size.size).join(', ')),
    row('Decoder exits', model.decoder_exits?.join(', ')),
    row('Profiles', Object.keys(model.profiles).map(name => name === model.default_profile ? `${name} (default)` : name).join(', ')),
    row('GMACs', costs.length > 0 ? `${Math.min(...costs).toFixed(1)} to ${Math.max(...costs).toFixed(1)}, by input and depth` : null),
    row('Classes', model.classes.map(one => one.name).join(', ')),
    row('Licence', model.licence)), 'wide');
}

function requestCard() {
  const cells = entry => [
    entry.at.toLocaleTimeString(), entry.photo, entry.task, entry.budget || 'default',
    entry.point ? shortPoint(entry.point) : '',
    entry.reason ?? '', entry.status, milliseconds(entry.took)];
  return card('Requests of this page', plural(requests.length, 'request'), requests.length === 0
    ? h('p', { className: 'muted' }, 'None yet.')
    : h('div', { className: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Requests of this page' }, h('table', { className: 'requests' },
      h('thead', {}, h('tr', {}, ['Time', 'Photo', 'Task', 'Budget', 'Point', 'Reason', 'Status', 'Took'].map(name => h('th', { scope: 'col' }, name)))),
      h('tbody', {}, requests.map(entry => h('tr', {}, cells(entry).map(cell => h('td', {}, cell))))))), 'wide');
}

function card(title, note, content, kind = '') {
  return h('section', { className: `card ${kind}` }, h('div', { className: 'cardhead' }, h('h2', {}, title), h('span', { className: 'muted' }, note)), content);
}
