// Where photos come from: a file, the camera, the clipboard, a drop, an example.
import { examples } from './examples.js';
import { byId, h } from './dom.js';

let next = 1;

/** A photo to send, and its pixels where the browser can read it; masks are drawn over grey where it cannot. */
export async function photoOf(blob, name) {
  const bitmap = await createImageBitmap(blob, { imageOrientation: 'from-image' }).catch(() => null);
  return { id: next++, blob, name, bitmap };
}

/** Puts the controls into the page's places for them and listens; `take` gets each photo, `fail` what could not be had. */
export function watchForPhotos(places, take, fail) {
  for (const place of places) {
    place.append(sourceView(take, fail));
  }
  document.addEventListener('paste', event => {
    const file = fileOf(event.clipboardData);
    if (file) {
      event.preventDefault();
      bring(file, file.name || 'pasted image', take);
    }
  });
  watchForDrops(take, fail);
}

function watchForDrops(take, fail) {
  let depth = 0;
  const over = isOver => document.body.classList.toggle('dropping', isOver);
  document.addEventListener('dragenter', () => over(++depth > 0));
  document.addEventListener('dragleave', () => over(--depth > 0));
  document.addEventListener('dragover', event => event.preventDefault());
  document.addEventListener('drop', event => {
    event.preventDefault();
    depth = 0;
    over(false);
    const file = fileOf(event.dataTransfer);
    if (file) {
      bring(file, file.name, take);
    } else if (event.dataTransfer?.types.length > 0) {
      fail({ title: 'That was no file', cure: 'Drop a photo from a folder; pictures of other pages have to be saved first.' });
    }
  });
}

/** Any file: what it is, the service says better than its name. */
function fileOf(transfer) {
  return [...transfer?.files ?? []][0] ?? null;
}

async function bring(blob, name, take) {
  take(await photoOf(blob, name));
}

function sourceView(take, fail) {
  const view = byId('source').content.cloneNode(true);
  const [file, camera] = [view.querySelector('[data-file]'), view.querySelector('[data-camera]')];
  const capture = view.querySelector('[data-capture]');
  view.querySelector('[data-choose]').addEventListener('click', () => file.click());
  capture.addEventListener('click', () => camera.click());
  // where there is no camera in the hand, the input would only open files again
  capture.toggleAttribute('hidden', !matchMedia('(pointer: coarse)').matches);
  for (const input of [file, camera]) {
    input.addEventListener('change', () => {
      if (input.files[0]) {
        bring(input.files[0], input.files[0].name, take);
        input.value = '';
      }
    });
  }
  view.querySelector('[data-examples]').append(...examples.map(example => h('li', {},
    h('button', { type: 'button', 'data-example': example.name, 'aria-label': `Example: ${example.title}`, onclick: () => fetchExample(example, take, fail) },
      h('img', { src: `page/examples/${example.name}-small.jpg`, alt: '', loading: 'lazy', width: 112, height: 84 })))));
  view.querySelector('[data-credit]').append(...examples.flatMap(creditOf), '.');
  return view;
}

function creditOf(example, i) {
  const link = (href, text) => h('a', { href, rel: 'noreferrer' }, text);
  return [i > 0 ? '; ' : '', `${example.title} (`, link(example.source, example.by), ', ', link(example.terms, example.licence), ')'];
}

async function fetchExample(example, take, fail) {
  try {
    const response = await fetch(`page/examples/${example.name}.jpg`);
    if (!response.ok) {
      throw new Error(`status ${response.status}`);
    }
    await bring(await response.blob(), `${example.name}.jpg`, take);
  } catch {
    fail({ title: 'The example cannot be loaded', cure: 'Check that the service still runs, then try again.' });
  }
}
