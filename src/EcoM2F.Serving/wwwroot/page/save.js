// What can be taken away: the answer, the ids as a picture, what is on screen, and the request.
import { segmentAddress } from './api.js';
import { compose, layersOf } from './painter.js';
import { sceneOf } from './scene.js';

export function saveJson(run) {
  save(new Blob([run.body], { type: 'application/json' }), `${stem(run.photo.name)}.json`);
}

/** The same request's answer with GeoJSON polygons in place of run lengths. */
export function savePolygons(run, body) {
  save(new Blob([body], { type: 'application/json' }), `${stem(run.photo.name)}-polygons.json`);
}

/** Every pixel's segment, as the service's own PNG has it: id = R + 256 G + 65536 B, 0 is void. */
export async function savePng(run, model) {
  const scene = sceneOf(run.answer, run.task, model, Infinity);
  const canvas = sized(scene);
  const context = canvas.getContext('2d');
  const image = context.createImageData(canvas.width, canvas.height);
  for (let i = 0; i < scene.map.length; i++) {
    const id = scene.map[i] > 0 ? scene.segments[scene.map[i] - 1].id : 0;
    image.data[i * 4] = id & 255;
    image.data[i * 4 + 1] = (id >> 8) & 255;
    image.data[i * 4 + 2] = (id >> 16) & 255;
    image.data[i * 4 + 3] = 255;
  }
  context.putImageData(image, 0, 0);
  save(await blobOf(canvas), `${stem(run.photo.name)}-segments.png`);
}

/** What is on screen, at the size of the photo. */
export async function saveOverlay(run, model, view) {
  const scene = sceneOf(run.answer, run.task, model, Infinity);
  const canvas = sized(scene);
  compose(canvas.getContext('2d'), run.photo, scene, layersOf(scene, view.hidden), view);
  save(await blobOf(canvas), `${stem(run.photo.name)}-overlay.png`);
}

/** The request as a line for a POSIX shell. */
export function curlOf(run, model) {
  const parts = ['curl', '--data-binary', quote(`@${run.photo.name}`)];
  if (run.budget) {
    parts.push('-H', quote(`Compute-Budget: ${run.budget}`));
  }
  parts.push(quote(new URL(segmentAddress(model, run.task), document.baseURI).href));
  return parts.join(' ');
}

function quote(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function sized({ width, height }) {
  const canvas = document.createElement('canvas');
  return Object.assign(canvas, { width, height });
}

function blobOf(canvas) {
  return new Promise((resolve, reject) => canvas.toBlob(blob => blob ? resolve(blob) : reject(new Error('the browser made no picture')), 'image/png'));
}

function save(blob, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function stem(name) {
  return name.replace(/\.[^.]+$/, '') || 'image';
}
