// What a run took: its point, the reason, GMACs, and time by stage.
import { h, milliseconds, percent, styled } from './dom.js';
import { reasonInWords, stageNames } from './words.js';

export function pointInWords({ depth, maxDepth, size, decoder, maxDecoder }) {
  return [size && `size ${size}`, `depth ${depth} of ${maxDepth}`, decoder && `decoder ${decoder} of ${maxDecoder}`].filter(Boolean).join(', ');
}

export function shortPoint({ size, depth, decoder }) {
  return [size && `size ${size}`, `depth ${depth}`, decoder && `decoder ${decoder}`].filter(Boolean).join(', ');
}

/** Time on the machine, without waiting. */
export function workOf({ milliseconds: times }) {
  return Object.entries(times).reduce((sum, [stage, time]) => sum + (stage === 'queue' ? 0 : time), 0);
}

export function resultView({ answer, point, elapsed, used, budget }) {
  const { compute } = answer;
  return [
    h('p', { className: 'point' }, h('span', {}, sentence(pointInWords(point))), point.input && h('span', { className: 'muted' }, `${point.input[1]} × ${point.input[0]} px`)),
    layers(point),
    h('p', { className: 'why' }, reasonInWords(compute, budget)),
    cost(compute),
    stages(compute.milliseconds, elapsed),
    used && h('details', { className: 'raw' }, h('summary', {}, 'As the service says it'), h('code', {}, `Compute-Used: ${used}`)),
  ].filter(Boolean);
}

/** A block for each encoder layer, filled where it ran. */
function layers({ depth, maxDepth: most }) {
  return h('div', { className: 'layers', role: 'img', 'aria-label': `${depth} of ${most} encoder layers ran` },
    Array.from({ length: most }, (_, i) => h('span', { className: i < depth ? 'ran' : '' })));
}

function cost({ gmacs, saved, reused_gmacs: reused }) {
  const full = saved < 1 ? gmacs / (1 - saved) : gmacs;
  const words = saved > 0.0005 ? `${percent(saved)} saved` : saved < -0.0005 ? `${percent(-saved)} more than the full model` : 'nothing saved';
  const used = styled(h('span', { className: 'used' }), { width: `${Math.min(100, 100 * gmacs / full)}%` });
  return h('div', { className: 'cost' },
    h('div', { className: 'figures' },
      h('span', {}, h('strong', {}, gmacs.toFixed(2)), ' GMACs'),
      h('span', { className: saved > 0.0005 ? 'saved' : 'muted' }, words)),
    h('div', { className: 'meter', 'aria-hidden': true }, used),
    h('p', { className: 'muted small' }, `The full model would take ${full.toFixed(2)} for this photo.`),
    reused ? h('p', { className: 'muted small' }, `The stem, ${reused.toFixed(2)} GMACs, was kept from an earlier run of this photo.`) : null);
}

/** Stages in the order in which they run, and what is left of the time that the page waited. */
function stages(times, elapsed) {
  const order = Object.keys(stageNames);
  const known = order.filter(stage => stage in times).map(stage => ({ stage, name: stageNames[stage][0], what: stageNames[stage][1], time: times[stage] }));
  const service = known.reduce((sum, { time }) => sum + time, 0);
  known.push({ stage: 'rest', name: 'Transfer', what: 'upload, answer, browser', time: Math.max(0, elapsed - service) });
  const total = known.reduce((sum, { time }) => sum + time, 0);
  return h('div', { className: 'times' },
    h('div', { className: 'figures' }, h('span', {}, h('strong', {}, milliseconds(elapsed)), ' in all'), h('span', { className: 'muted' }, `${milliseconds(service)} in the service`)),
    h('div', { className: 'bar', 'aria-hidden': true },
      known.map(({ stage, time }) => styled(h('span', { className: `stage-${stage}` }), { 'flex-grow': String(time / total) }))),
    h('dl', { className: 'legend' }, known.map(({ stage, name, what, time }) => h('div', {},
      h('dt', { title: what }, h('i', { className: `stage-${stage}`, 'aria-hidden': true }), name), h('dd', {}, milliseconds(time))))));
}

function sentence(text) {
  return text[0].toUpperCase() + text.slice(1);
}
