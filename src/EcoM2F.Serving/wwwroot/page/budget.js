// The budget's controls, and the Compute-Budget header that they stand for.
import { byId, h } from './dom.js';

const PRICE = 'price';

/** Builds the form for a model; `changed` is called with every change that gives another header. */
export class Budget {
  constructor(form, changed) {
    this.form = form;
    this.changed = changed;
    this.last = null;
    form.addEventListener('submit', event => event.preventDefault());
    form.addEventListener('input', () => this.update());
  }

  show(model) {
    this.model = model;
    const profiles = Object.keys(model.profiles);
    const gated = profiles.length > 0 || model.answers_beta;
    this.form.replaceChildren(
      h('fieldset', { className: 'switch wide' },
        h('legend', { className: 'hide' }, 'Who chooses'),
        gated && choice('who', 'gate', 'Let the gate choose', true),
        choice('who', 'me', gated ? 'I choose' : 'Depth', !gated)),
      gated && h('div', { className: 'options', id: 'by-gate' },
        h('fieldset', { className: 'switch' },
          h('legend', {}, 'Profile'),
          profiles.map(name => choice('profile', name, name, name === (model.default_profile ?? profiles[0]))),
          model.answers_beta && choice('profile', PRICE, 'by price', profiles.length === 0)),
        h('div', { className: 'slider', id: 'price' },
          h('label', { for: 'beta' }, 'Price of a layer', h('output', { id: 'beta-value', for: 'beta' })),
          h('input', { type: 'range', id: 'beta', min: 0, max: 3, step: 0.05, value: 0.3, 'aria-describedby': 'beta-help' }),
          h('p', { className: 'muted small', id: 'beta-help' }, 'PQ points that a layer must bring: a higher price buys less compute.'))),
      h('div', { className: 'options', id: 'by-me' },
        model.sizes && slider('size', 'Input size', model.sizes.map(one => one.size), model.sizes.findIndex(one => one.own)),
        slider('depth', 'Encoder depth', model.exits, model.exits.length - 1),
        model.decoder_exits && slider('decoder-depth', 'Decoder depth', model.decoder_exits, model.decoder_exits.length - 1)),
      h('div', { className: 'deadline' },
        h('label', { for: 'deadline' }, 'Answer within'),
        h('span', { className: 'unit' },
          h('input', { type: 'number', id: 'deadline', min: 1, max: 600000, step: 1, inputmode: 'numeric', placeholder: 'any time', 'aria-describedby': 'deadline-help' }), 'ms'),
        h('p', { className: 'small invalid', id: 'deadline-help', role: 'status' })),
      h('div', { className: 'header' }, h('code', { id: 'header' })));
    this.last = this.header();
    this.refresh();
  }

  update() {
    this.refresh();
    const header = this.header();
    if (header !== this.last) {
      this.last = header;
      this.changed();
    }
  }

  /** The header's value; empty: whatever the service does by default. */
  header() {
    const parts = [];
    const given = new FormData(this.form);
    if (given.get('who') === 'gate') {
      const profile = given.get('profile');
      if (profile === PRICE) {
        parts.push(`beta=${Number(byId('beta').value)}`);
      } else if (profile !== this.model.default_profile) {
        parts.push(`profile=${profile}`);
      }
    } else {
      parts.push(...['size', 'depth', 'decoder-depth'].filter(key => byId(key)).map(key => `${key}=${this.valueOf(key)}`));
    }
    const deadline = byId('deadline');
    if (deadline.value && deadline.validity.valid) {
      parts.push(`deadline-ms=${Number(deadline.value)}`);
    }
    return parts.join(', ');
  }

  refresh() {
    const given = new FormData(this.form);
    const gate = given.get('who') === 'gate';
    byId('by-gate')?.toggleAttribute('hidden', !gate);
    byId('by-me').toggleAttribute('hidden', gate);
    byId('price')?.toggleAttribute('hidden', given.get('profile') !== PRICE);
    if (byId('beta')) {
      byId('beta-value').textContent = Number(byId('beta').value).toFixed(2);
    }
    for (const key of ['size', 'depth', 'decoder-depth']) {
      if (byId(key)) {
        const [value, most] = [this.valueOf(key), this.listOf(key).at(-1)];
        const words = key === 'size' ? `${value} px` : `${value} of ${most}`;
        byId(`${key}-value`).textContent = words;
        byId(key).setAttribute('aria-valuetext', words);
      }
    }
    const deadline = byId('deadline');
    deadline.setAttribute('aria-invalid', String(!deadline.validity.valid));
    byId('deadline-help').textContent = deadline.validity.valid ? '' : 'Not sent: it must be a whole number from 1 to 600000.';
    const header = this.header();
    byId('header').textContent = header ? `Compute-Budget: ${header}` : 'no Compute-Budget header: the default';
  }

  listOf(key) {
    return key === 'size' ? this.model.sizes.map(one => one.size) : key === 'depth' ? this.model.exits : this.model.decoder_exits;
  }

  valueOf(key) {
    return this.listOf(key)[Number(byId(key).value)];
  }
}

/** One of several that exclude each other. */
/** The header that asks for exactly this point: no more than the depth where a model has neither sizes nor decoder exits. */
export function pointHeader({ size, depth, decoder }) {
  return [size && `size=${size}`, `depth=${depth}`, decoder && `decoder-depth=${decoder}`].filter(Boolean).join(', ');
}

export function choice(name, value, text, checked) {
  return h('label', {}, h('input', { type: 'radio', name, value, checked }), h('span', {}, text));
}

/** A slider over the places of a list. */
function slider(id, text, values, at) {
  const ticks = h('datalist', { id: `${id}-ticks` }, values.map((_, i) => h('option', { value: i })));
  return h('div', { className: 'slider' },
    h('label', { for: id }, text, h('output', { id: `${id}-value`, for: id })),
    h('input', { type: 'range', id, min: 0, max: values.length - 1, step: 1, value: Math.max(0, at), list: `${id}-ticks`, disabled: values.length < 2 }),
    h('div', { className: 'ticks', 'aria-hidden': true }, values.map(value => h('span', {}, value))),
    ticks);
}
