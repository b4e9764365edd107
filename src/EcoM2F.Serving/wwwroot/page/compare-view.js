// The second view: one photo at two points, and at all of them.
import { segment } from './api.js';
import { pointHeader } from './budget.js';
import { byId, h, milliseconds, percent, plural, styled } from './dom.js';
import { compose, differenceOf, layersOf } from './painter.js';
import { shortPoint, workOf } from './result.js';
import { agreement, sceneOf } from './scene.js';
import { Stage, Wait } from './stage.js';

const VIEW = { opacity: 0.6, outlines: true, boxes: false, hidden: new Set() };
const STEP = 2;

/** Longest edge of a small picture. */
const SMALL = 320;

export class CompareView {
  constructor({ fail, clear, task }) {
    Object.assign(this, { fail, clear, task, model: null, photo: null, runs: new Map(), pair: null, at: 50 });
    this.canvas = byId('compare-canvas');
    this.divider = byId('divider');
    this.stage = new Stage(byId('compare-stage'), this.canvas, () => this.draw());
    this.wait = new Wait(byId('compare-wait'));
    for (const id of ['point-a', 'point-b']) {
      byId(id).addEventListener('change', () => this.start());
    }
    byId('differ').addEventListener('change', () => this.draw());
    byId('strip-run').addEventListener('click', () => this.all());
    this.listen();
  }

  listen() {
    const drag = event => this.move(this.stage.placeOf(event)[0] * 100);
    this.stage.frame.addEventListener('pointerdown', event => {
      if (this.pair && !event.target.closest('button')) {
        this.stage.frame.setPointerCapture(event.pointerId);
        drag(event);
      }
    });
    this.stage.frame.addEventListener('pointermove', event => {
      if (this.stage.frame.hasPointerCapture(event.pointerId)) {
        drag(event);
      }
    });
    this.divider.addEventListener('keydown', event => {
      const to = { ArrowLeft: this.at - STEP, ArrowDown: this.at - STEP, ArrowRight: this.at + STEP, ArrowUp: this.at + STEP, PageDown: this.at - 10, PageUp: this.at + 10, Home: 0, End: 100 }[event.key];
      if (to !== undefined) {
        event.preventDefault();
        this.move(to);
      }
    });
  }

  useModel(model) {
    this.model = model;
    this.points = pointsOf(model);
    this.full = this.points.find(point => point.full);
    this.gated = Object.keys(model.profiles).length > 0;
    for (const [id, chosen] of [['point-a', this.gated ? '' : this.points[0].budget], ['point-b', this.full.budget]]) {
      byId(id).replaceChildren(
        ...this.gated ? [h('option', { value: '' }, "The gate's choice")] : [],
        ...this.points.map(point => h('option', { value: point.budget }, point.name + (point.full ? ' (full model)' : ''))));
      byId(id).value = chosen;
    }
    byId('strip-run').textContent = `Run all ${plural(this.points.length, 'point')}`;
    this.reset();
  }

  usePhoto(photo) {
    this.photo = photo;
    this.reset();
  }

  /** Nothing of another photo, model or task stays. */
  reset() {
    this.wait.cancel();
    this.runs.clear();
    this.pair = null;
    this.stale = true;
    byId('strip').replaceChildren();
  }

  /** Runs what is missing, once somebody looks. */
  open() {
    if (this.stale || this.shownTask !== this.task()) {
      if (this.shownTask !== this.task()) {
        this.reset();
      }
      this.shownTask = this.task();
      byId('pair-task').textContent = this.shownTask ?? '';
      this.start();
    } else {
      this.stage.fit();
    }
  }

  async start() {
    if (!this.photo || !this.model) {
      return;
    }
    this.stale = false;
    this.clear();
    byId('compare-welcome').hidden = true;
    if (this.photo.bitmap) {
      this.stage.show(this.photo.bitmap.width, this.photo.bitmap.height);
    }
    await this.guarded(async () => {
      const pair = await this.wait.during('Running both points', async signal => {
        const a = await this.runAt(byId('point-a').value, signal);
        return { a, b: await this.runAt(byId('point-b').value, signal) };
      });
      if (pair) {
        this.take(pair);
      }
    }, () => this.start());
  }

  async guarded(work, again) {
    try {
      await work();
    } catch (error) {
      this.fail(error.words ?? { title: 'The answer cannot be shown', cure: 'Reload the page: it may be older than the service.', detail: error.message }, again);
    }
  }

  /** The photo at a budget, from what ran before where it did. */
  async runAt(budget, signal) {
    const known = this.runs.get(budget);
    if (known) {
      return known;
    }
    const task = this.task();
    const { answer, point } = await segment({ photo: this.photo, model: this.model, task, budget, signal });
    const scene = sceneOf(answer, task, this.model);
    const run = { answer, point, scene, layers: layersOf(scene), work: workOf(answer.compute) };
    this.runs.set(budget, run);
    return run;
  }

  take({ a, b }) {
    const agree = agreement(a.scene, b.scene);
    this.pair = { a, b, difference: this.task() === 'detection' ? null : differenceOf(a.scene, b.scene) };
    this.stage.show(a.scene.width, a.scene.height);
    this.divider.hidden = false;
    byId('differ').disabled = !this.pair.difference;
    for (const [id, name, run] of [['badge-a', 'A', a], ['badge-b', 'B', b]]) {
      byId(id).hidden = false;
      byId(id).textContent = `${name} · ${shortPoint(run.point)}`;
    }
    this.move(this.at);
    byId('pair-result').replaceChildren(...pairView(a, b, agree, this.task()));
  }

  move(to) {
    this.at = Math.max(0, Math.min(100, to));
    styled(this.divider, { left: `${this.at}%` });
    this.divider.setAttribute('aria-valuenow', this.at.toFixed(0));
    this.divider.setAttribute('aria-valuetext', `${this.at.toFixed(0)}% A, ${(100 - this.at).toFixed(0)}% B`);
    this.draw();
  }

  draw() {
    if (!this.photo || this.canvas.hidden) {
      return;
    }
    const context = this.canvas.getContext('2d');
    const { width, height } = this.canvas;
    context.clearRect(0, 0, width, height);
    compose(context, this.photo, this.pair?.a.scene, this.pair?.a.layers, VIEW);
    if (!this.pair) {
      return;
    }
    const edge = Math.round(width * this.at / 100);
    context.save();
    context.beginPath();
    context.rect(edge, 0, width - edge, height);
    context.clip();
    compose(context, this.photo, this.pair.b.scene, this.pair.b.layers, VIEW);
    context.restore();
    if (byId('differ').checked && this.pair.difference) {
      context.fillStyle = 'rgb(10 14 12 / 50%)';
      context.fillRect(0, 0, width, height);
      context.drawImage(this.pair.difference.layer, 0, 0, width, height);
    }
  }

  /** Every point in turn, each drawn as soon as it is there. */
  async all() {
    if (!this.photo || !this.model) {
      this.fail({ title: 'There is no photo yet', cure: 'Choose an example, or bring one of yours.' });
      return;
    }
    this.clear();
    const [strip, button] = [byId('strip'), byId('strip-run')];
    styled(strip, { '--across': String(this.model.exits.length) });
    strip.replaceChildren(...this.points.map(point => h('div', { className: 'tile waiting', 'data-point': point.budget }, point.name)));
    const again = button.textContent;
    await this.guarded(() => this.wait.during('Running every point', async signal => {
      const full = await this.runAt(this.full.budget, signal);
      const chosen = this.gated ? await this.runAt('', signal) : null;
      for (const [i, point] of this.points.entries()) {
        button.textContent = `${i + 1} of ${this.points.length}`;
        strip.children[i].replaceWith(this.tile(point, await this.runAt(point.budget, signal), full, chosen));
      }
    }), () => this.all());
    button.textContent = again;
    for (const tile of strip.querySelectorAll('.waiting')) {
      tile.classList.add('left-out');
    }
  }

  tile(point, run, full, chosen) {
    const agree = agreement(run.scene, full.scene);
    const mark = point.full ? 'full model' : chosen && shortPoint(chosen.point) === shortPoint(run.point) ? "gate's choice" : null;
    const picture = h('canvas', { 'aria-hidden': true });
    const scale = SMALL / Math.max(run.scene.width, run.scene.height);
    Object.assign(picture, { width: Math.round(run.scene.width * scale), height: Math.round(run.scene.height * scale) });
    const context = picture.getContext('2d');
    compose(context, this.photo, run.scene, run.layers, { ...VIEW, outlines: false });
    if (this.task() !== 'detection') {
      context.drawImage(differenceOf(run.scene, full.scene).layer, 0, 0, picture.width, picture.height);
    }
    return h('button', { type: 'button', className: `tile${mark ? ' marked' : ''}`, 'data-point': point.budget, onclick: () => this.showAsB(point) },
      picture,
      h('span', { className: 'tilehead' }, h('span', {}, point.name), mark && h('em', {}, mark)),
      styled(h('span', { className: 'agree', 'aria-hidden': true }), { '--agree': `${agree * 100}%` }),
      h('span', { className: 'tilefoot' }, h('strong', {}, percent(agree), h('span', { className: 'hide' }, ' agreement with the full model')), h('span', {}, milliseconds(run.work)), h('span', {}, `${pointGmacs(run).toFixed(1)} G`, h('span', { className: 'hide' }, 'MACs'))));
  }

  showAsB(point) {
    byId('point-b').value = point.budget;
    this.start();
    this.stage.frame.scrollIntoView({ block: 'nearest', behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth' });
  }
}

/** Every point of a model, cheapest size first. The full one is the deepest at the model's own size. */
function pointsOf(model) {
  const sizes = model.sizes ?? [null];
  const decoders = model.decoder_exits ?? [null];
  return sizes.flatMap(size => decoders.flatMap(decoder => model.exits.map(depth => ({
    name: [size && `size ${size.size}`, `depth ${depth}`, decoder && `decoder ${decoder}`].filter(Boolean).join(', '),
    budget: pointHeader({ size: size?.size, depth, decoder }),
    full: (size?.own ?? true) && depth === model.max_depth && decoder === decoders.at(-1),
  }))));
}

/** GMACs of the point as a whole: what ran, and a stem that was kept from an earlier run. */
function pointGmacs({ answer: { compute } }) {
  return compute.gmacs + (compute.reused_gmacs ?? 0);
}

function pairView(a, b, agree, task) {
  const row = (head, of) => h('tr', {}, h('th', { scope: 'row' }, head), h('td', {}, of(a)), h('td', {}, of(b)));
  return [
    h('p', { className: 'point' }, task === 'detection' ? `${percent(agree)} of the boxes agree` : `${percent(1 - agree)} of the pixels differ`),
    h('table', {},
      h('thead', {}, h('tr', {}, h('td', {}), h('th', { scope: 'col' }, 'A'), h('th', { scope: 'col' }, 'B'))),
      h('tbody', {},
        a.point.size && row('Size', run => run.point.size),
        row('Depth', run => run.point.depth),
        a.point.decoder && row('Decoder', run => run.point.decoder),
        row('Segments', run => run.scene.segments.length),
        row('Time', run => milliseconds(run.work)),
        row('GMACs', run => pointGmacs(run).toFixed(2)))),
    h('p', { className: 'muted small' }, task === 'detection' ? 'Boxes agree where class and at least half of their union are the same.' : 'A pixel differs where its class does. Time is the work of the service, without waiting.'),
  ];
}
