// The first view: one photo, one run, its segments.
import { segment } from './api.js';
import { choice, pointHeader, Budget } from './budget.js';
import { byId, h, percent, plural, styled } from './dom.js';
import { compose, layersOf, maskOf, paintFocus } from './painter.js';
import { pointInWords, resultView } from './result.js';
import { curlOf, saveJson, saveOverlay, savePng, savePolygons } from './save.js';
import { css, sceneOf, segmentAt } from './scene.js';
import { Stage, Wait } from './stage.js';

/** Between the last move of a control and the request. */
const SETTLE = 180;

export class SegmentView {
  constructor({ fail, clear }) {
    Object.assign(this, { fail, clear, model: null, photo: null, task: null, run: null, scene: null, layers: null, focus: null, pinned: null, looking: false, due: false, hidden: new Set() });
    this.canvas = byId('canvas');
    this.stage = new Stage(byId('stage'), this.canvas, () => this.draw());
    this.wait = new Wait(byId('wait'));
    this.budget = new Budget(byId('budget'), () => this.soon());
    byId('tasks').addEventListener('change', event => this.choose(event.target.value));
    for (const id of ['opacity', 'outlines', 'boxes']) {
      byId(id).addEventListener('input', () => this.draw());
    }
    this.listen();
  }

  listen() {
    this.canvas.addEventListener('pointermove', event => this.point(event));
    this.canvas.addEventListener('pointerleave', () => this.look(this.pinned));
    this.canvas.addEventListener('click', event => this.pin(event));
    byId('save-json').addEventListener('click', () => saveJson(this.run));
    byId('save-polygons').addEventListener('click', () => this.polygons());
    byId('save-png').addEventListener('click', () => savePng(this.run, this.model));
    byId('save-overlay').addEventListener('click', () => saveOverlay(this.run, this.model, this.view()));
    byId('copy-curl').addEventListener('click', () => this.copy());
    document.addEventListener('keydown', event => {
      if (event.key === 'Escape') {
        this.wait.cancel();
        this.pinned = null;
        this.look(null);
      }
    });
  }

  useModel(model) {
    this.model = model;
    this.task = model.tasks.includes(this.task) ? this.task : model.tasks[0];
    byId('tasks').replaceChildren(byId('tasks').firstElementChild, ...model.tasks.map(task => choice('task', task, task, task === this.task)));
    byId('tasks').hidden = model.tasks.length < 2;
    this.budget.show(model);
    this.hidden.clear();
    this.start();
  }

  /** Fits the canvas again, and runs what was put off while nobody looked. */
  open() {
    this.looking = true;
    this.stage.fit();
    if (this.due) {
      this.start();
    }
  }

  close() {
    this.looking = false;
  }

  usePhoto(photo) {
    this.photo = photo;
    this.hidden.clear();
    this.forget();
    if (photo.bitmap) {
      this.reveal(photo.bitmap.width, photo.bitmap.height);
    } else {
      this.conceal();
    }
    this.start();
  }

  reveal(width, height) {
    byId('welcome').hidden = true;
    byId('viewbar').hidden = false;
    this.stage.show(width, height);
  }

  /** As before the first photo: what the browser cannot read is drawn once the service has. */
  conceal() {
    byId('welcome').hidden = false;
    byId('viewbar').hidden = true;
    this.stage.hide();
  }

  /** Photo without masks, until an answer is there. */
  forget() {
    Object.assign(this, { run: null, scene: null, layers: null, focus: null, pinned: null });
    byId('found').hidden = true;
    byId('actions').hidden = true;
    this.tip(null);
    this.draw();
  }

  choose(task) {
    this.task = task;
    this.start();
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.start(), SETTLE);
  }

  async start() {
    clearTimeout(this.timer);
    this.due = !this.looking;
    if (!this.photo || !this.model || this.due) {
      return;
    }
    this.clear();
    byId('save-polygons').disabled = true; // it would take this run's place
    const asked = { photo: this.photo, model: this.model, task: this.task, budget: this.budget.header() };
    try {
      const answered = await this.wait.during('Segmenting', signal => segment({ ...asked, signal }), () => this.cancelled());
      if (answered) {
        this.take({ ...asked, ...answered });
      }
    } catch (error) {
      this.fail(error.words ?? { title: 'The answer cannot be shown', cure: 'Reload the page: it may be older than the service.', detail: error.message }, () => this.start());
    }
    byId('save-polygons').disabled = this.wait.running !== null;
  }

  /** The run's masks as polygons, at the same point whatever its budget was; the service makes them, and knows the photo's stem. */
  async polygons() {
    const { run } = this;
    this.clear();
    try {
      const answered = await this.wait.during('Making polygons', signal => segment({ ...run, budget: pointHeader(run.point), more: { segmentation: 'polygon' }, signal }));
      if (answered) {
        savePolygons(run, answered.body);
      }
    } catch (error) {
      this.fail(error.words ?? { title: 'The polygons cannot be saved', cure: 'Try again.', detail: error.message }, () => this.polygons());
    }
  }

  cancelled() {
    byId('result-body').replaceChildren(h('p', {}, 'Cancelled: the service was told to stop.'),
      h('button', { type: 'button', onclick: () => this.start() }, 'Run again'));
  }

  take(run) {
    this.run = run;
    this.scene = sceneOf(run.answer, run.task, run.model);
    this.focus = null;
    this.pinned = null;
    this.tip(null);
    this.layers = layersOf(this.scene, this.hidden);
    this.reveal(this.scene.width, this.scene.height);
    byId('result-body').replaceChildren(...resultView(run));
    byId('actions').hidden = false;
    byId('save-png').hidden = byId('save-polygons').hidden = run.task === 'detection';
    byId('said').textContent = '';
    byId('opacity').disabled = run.task === 'detection';
    this.list();
    this.canvas.setAttribute('aria-label', `${run.photo.name} with ${plural(this.scene.segments.length, 'segment')}, at ${pointInWords(run.point)}`);
  }

  lay() {
    this.layers = layersOf(this.scene, this.hidden);
    this.draw();
  }

  view() {
    return { opacity: byId('opacity').value / 100, outlines: byId('outlines').checked, boxes: byId('boxes').checked, hidden: this.hidden };
  }

  draw() {
    if (!this.photo || this.canvas.hidden) {
      return;
    }
    const context = this.canvas.getContext('2d');
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    compose(context, this.photo, this.scene, this.layers, this.view());
    if (this.focus) {
      paintFocus(context, this.photo, this.scene, this.focus, this.mask);
    }
  }

  /** Classes to switch, and segments from the largest on. */
  list() {
    const { segments } = this.scene;
    const classes = [...Map.groupBy(segments, one => one.categoryId).values()]
      .map(all => ({ id: all[0].categoryId, name: all[0].name, colour: all[0].classColour, count: all.length, share: all.reduce((sum, one) => sum + one.share, 0) }))
      .sort((a, b) => b.share - a.share);
    byId('found').hidden = false;
    byId('found-count').textContent = segments.length === 0 ? 'nothing above the threshold' : `${plural(segments.length, 'segment')} of ${plural(classes.length, 'class', 'classes')}`;
    byId('classes').replaceChildren(...classes.map(one => this.chip(one)));
    byId('segments').replaceChildren(...[...segments].sort((a, b) => b.share - a.share).map(one => this.row(one)));
  }

  chip({ id, name, colour, count }) {
    const box = h('input', { type: 'checkbox', checked: !this.hidden.has(id), 'data-class': name });
    box.addEventListener('change', () => {
      this.hidden[box.checked ? 'delete' : 'add'](id);
      this.lay();
    });
    return h('label', { className: 'chip' }, box, swatch(colour), name, count > 1 && h('span', { className: 'muted' }, `×${count}`));
  }

  row(one) {
    const bar = styled(h('span', { className: 'share', 'aria-hidden': true }), { '--share': `${Math.min(100, one.share * 100)}%`, '--colour': css(one.classColour) });
    const look = () => this.look(one);
    const leave = () => this.look(this.pinned);
    return h('button', { type: 'button', className: 'segment', onfocus: look, onblur: leave, onpointerenter: look, onpointerleave: leave, 'data-segment': one.index },
      swatch(one.colour), h('span', { className: 'name' }, one.name),
      h('span', { className: 'number' }, h('span', { className: 'hide' }, 'score '), one.score.toFixed(2)),
      h('span', { className: 'number' }, percent(one.share), h('span', { className: 'hide' }, ' of the image')), bar);
  }

  point(event) {
    if (this.scene && event.pointerType !== 'touch') {
      this.look(segmentAt(this.scene, ...this.stage.placeOf(event), this.hidden) ?? this.pinned, this.stage.placeOf(event));
    }
  }

  pin(event) {
    if (this.scene) {
      const found = segmentAt(this.scene, ...this.stage.placeOf(event), this.hidden);
      this.pinned = found === this.pinned ? null : found;
      this.look(this.pinned, this.stage.placeOf(event));
    }
  }

  /** Lifts a segment out and says what it is; null: none. */
  look(found, place) {
    if (found !== this.focus) {
      this.focus = found;
      this.mask = found?.rle ? maskOf(this.scene, found.index) : null;
      this.draw();
    }
    this.tip(found, place);
  }

  tip(found, place) {
    const tip = byId('tip');
    tip.hidden = !found;
    if (!found) {
      return;
    }
    const { width, height } = this.scene;
    const [left, top, across, down] = found.bbox;
    const [x, y] = place ?? [(left + across / 2) / width, (top + down / 2) / height];
    styled(tip, { left: `${x * 100}%`, top: `${y * 100}%` });
    tip.classList.toggle('leftward', x > 0.6);
    tip.classList.toggle('upward', y > 0.6);
    tip.replaceChildren(swatch(found.colour), h('strong', {}, found.name), h('span', {}, `score ${found.score.toFixed(2)}`), h('span', {}, `${percent(found.share)} of the image`));
  }

  async copy() {
    const text = curlOf(this.run, this.model);
    try {
      await navigator.clipboard.writeText(text);
      byId('said').textContent = 'Copied.';
    } catch {
      // without TLS, pages may not write to the clipboard
      byId('said').replaceChildren('Copy it from here: ', h('code', {}, text));
    }
  }
}

export function swatch(colour) {
  return styled(h('i', { className: 'swatch', 'aria-hidden': true }), { 'background-color': css(colour) });
}
