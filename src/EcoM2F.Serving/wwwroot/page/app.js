// Starts the page: models, views, photos, problems.
import { models } from './api.js';
import { CompareView } from './compare-view.js';
import { byId, h } from './dom.js';
import { watchForPhotos } from './photo.js';
import { SegmentView } from './segment-view.js';
import { ServiceView } from './service-view.js';

const NAMES = ['segment', 'compare', 'service'];

const segmentView = new SegmentView({ fail, clear });
const compareView = new CompareView({ fail, clear, task: () => segmentView.task });
const serviceView = new ServiceView();
let loaded = [];
let shown = NAMES[0];

watchForTabs();
watchForPhotos([byId('source-segment'), byId('source-compare')], takePhoto, fail);
byId('model').addEventListener('change', () => useModel(byId('model').value));
await connect();

/** Asks for the models until the service has them. */
async function connect() {
  try {
    loaded = await models();
  } catch (error) {
    byId('state').textContent = error.status === 503 ? 'loading models' : 'not reached';
    byId('state').className = 'state bad';
    if (error.status === 503) {
      setTimeout(connect, 1000 * Math.max(1, error.words.wait || 1));
    } else {
      fail(error.words ?? { title: 'The models cannot be listed', cure: 'Reload the page.', detail: error.message }, connect);
    }
    return;
  }
  clear();
  byId('state').className = 'state good';
  byId('model').replaceChildren(...loaded.map(model => h('option', { value: model.name }, `${model.name} ${model.version}`)));
  byId('model-label').hidden = loaded.length < 2;
  serviceView.useModels(loaded);
  useModel((loaded.find(model => model.default) ?? loaded[0]).name);
}

function useModel(name) {
  const model = loaded.find(one => one.name === name);
  byId('model').value = name;
  byId('state').textContent = `${model.name} ${model.version} ready`;
  compareView.useModel(model);
  segmentView.useModel(model);
  show(shown);
}

function takePhoto(photo) {
  clear();
  compareView.usePhoto(photo);
  segmentView.usePhoto(photo);
  show(shown === 'service' ? NAMES[0] : shown);
}

function watchForTabs() {
  const tabs = byId('tabs');
  tabs.addEventListener('click', event => {
    const tab = event.target.closest('[role=tab]');
    if (tab) {
      show(tab.id.slice('tab-'.length));
    }
  });
  tabs.addEventListener('keydown', event => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const to = event.key === 'Home' ? 0 : event.key === 'End' ? NAMES.length - 1 : step ? (NAMES.indexOf(shown) + step + NAMES.length) % NAMES.length : null;
    if (to !== null) {
      event.preventDefault();
      show(NAMES[to]);
      byId(`tab-${NAMES[to]}`).focus();
    }
  });
  window.addEventListener('hashchange', () => show(location.hash.slice(1)));
  show(location.hash.slice(1));
}

function show(name) {
  shown = NAMES.includes(name) ? name : shown;
  for (const each of NAMES) {
    byId(`view-${each}`).hidden = each !== shown;
    byId(`tab-${each}`).setAttribute('aria-selected', String(each === shown));
    byId(`tab-${each}`).tabIndex = each === shown ? 0 : -1;
  }
  if (location.hash.slice(1) !== shown && (location.hash || shown !== NAMES[0])) {
    history.replaceState(null, '', `#${shown}`);
  }
  segmentView.close();
  serviceView.close();
  ({ segment: () => segmentView.open(), compare: () => compareView.open(), service: () => serviceView.open() })[shown]();
}

/** Says what went wrong and what helps; `again`, where given, is offered. */
function fail({ title, cure, detail, allowed, trace }, again) {
  const box = byId('problem');
  box.replaceChildren(
    h('div', {},
      h('p', {}, h('strong', {}, `${title}. `), cure),
      (detail || allowed) && h('p', { className: 'small' }, [detail, allowed].filter(Boolean).join(' ')),
      trace && h('p', { className: 'small' }, 'Number of the request in the log: ', h('code', {}, trace))),
    h('div', { className: 'buttons' },
      again && h('button', { type: 'button', onclick: again }, 'Try again'),
      h('button', { type: 'button', onclick: clear }, 'Dismiss')));
  box.hidden = false;
}

function clear() {
  byId('problem').hidden = true;
  byId('problem').replaceChildren();
}
