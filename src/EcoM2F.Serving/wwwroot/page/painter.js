// Draws a photo and its segments. Layers are made once for a scene, so that opacity and pointing only put them together anew.
import { classMap, css } from './scene.js';

const VOID = '#7d8782';

/** Layers of a scene: filled masks and their outlines, without the classes that are hidden. */
export function layersOf(scene, hidden = new Set()) {
  const { width, height } = scene.grid;
  const shown = new Uint16Array(scene.map.length);
  const visible = scene.segments.map(segment => !hidden.has(segment.categoryId));
  for (let i = 0; i < shown.length; i++) {
    shown[i] = scene.map[i] > 0 && visible[scene.map[i] - 1] ? scene.map[i] : 0;
  }
  const fill = pixels(width, height, data => {
    for (let i = 0; i < shown.length; i++) {
      if (shown[i] > 0) {
        set(data, i, scene.segments[shown[i] - 1].colour, 255);
      }
    }
  });
  const lines = pixels(width, height, data => {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const i = y * width + x;
        if ((x + 1 < width && shown[i] !== shown[i + 1]) || (y + 1 < height && shown[i] !== shown[i + width])) {
          set(data, i, [255, 255, 255], 235);
        }
      }
    }
  });
  return { fill, lines };
}

/** One segment's mask in white, to lay over the others. */
export function maskOf(scene, index) {
  return pixels(scene.grid.width, scene.grid.height, data => {
    for (let i = 0; i < scene.map.length; i++) {
      if (scene.map[i] === index + 1) {
        set(data, i, [255, 255, 255], 255);
      }
    }
  });
}

/** Pixels whose class differs between two scenes of one size, and their share. */
export function differenceOf(a, b) {
  const [first, second] = [classMap(a), classMap(b)];
  let count = 0;
  const layer = pixels(a.grid.width, a.grid.height, data => {
    for (let i = 0; i < first.length; i++) {
      if (first[i] !== second[i]) {
        set(data, i, [255, 0, 170], 235);
        count++;
      }
    }
  });
  return { layer, share: count / first.length };
}

/** Puts photo and layers together over the whole of a canvas. */
export function compose(context, photo, scene, layers, view) {
  const { width, height } = context.canvas;
  context.globalAlpha = 1;
  paintPhoto(context, photo);
  if (!scene) {
    return;
  }
  context.globalAlpha = view.opacity;
  context.drawImage(layers.fill, 0, 0, width, height);
  context.globalAlpha = 1;
  if (view.outlines) {
    context.drawImage(layers.lines, 0, 0, width, height);
  }
  if (view.boxes || scene.task === 'detection') {
    paintBoxes(context, scene, view.hidden);
  }
}

export function paintPhoto(context, photo) {
  const { width, height } = context.canvas;
  if (photo.bitmap) {
    context.drawImage(photo.bitmap, 0, 0, width, height);
  } else {
    context.fillStyle = VOID;
    context.fillRect(0, 0, width, height);
  }
}

/** Lifts one segment out: the rest darker. */
export function paintFocus(context, photo, scene, segment, mask) {
  const { width, height } = context.canvas;
  if (segment.rle) {
    const lifted = document.createElement('canvas');
    Object.assign(lifted, { width, height });
    const inner = lifted.getContext('2d');
    paintPhoto(inner, photo);
    inner.globalAlpha = 0.22;
    inner.fillStyle = css(segment.colour);
    inner.fillRect(0, 0, width, height);
    inner.globalAlpha = 1;
    inner.globalCompositeOperation = 'destination-in';
    inner.drawImage(mask, 0, 0, width, height);
    context.fillStyle = 'rgb(0 0 0 / 45%)';
    context.fillRect(0, 0, width, height);
    context.drawImage(lifted, 0, 0);
  }
  paintBoxes(context, { ...scene, segments: [segment] }, new Set(), false);
}

function paintBoxes(context, scene, hidden, named = true) {
  const { width, height } = context.canvas;
  const [across, down] = [width / scene.width, height / scene.height];
  const size = Math.max(11, Math.round(width / 70));
  context.font = `600 ${size}px system-ui, sans-serif`;
  context.lineWidth = Math.max(1.5, width / 500);
  for (const segment of scene.segments) {
    if (hidden.has(segment.categoryId)) {
      continue;
    }
    const [x, y, boxWidth, boxHeight] = segment.bbox;
    context.strokeStyle = css(segment.colour);
    context.strokeRect(x * across, y * down, boxWidth * across, boxHeight * down);
    if (!named) {
      continue;
    }
    const text = `${segment.name} ${segment.score.toFixed(2)}`;
    const wide = context.measureText(text).width + 8;
    const left = Math.min(Math.max(0, x * across), width - wide);
    const top = Math.max(0, y * down - size - 6);
    context.fillStyle = 'rgb(0 0 0 / 72%)';
    context.fillRect(left, top, wide, size + 6);
    context.fillStyle = '#fff';
    context.fillText(text, left + 4, top + size);
  }
}

function pixels(width, height, write) {
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width, height });
  const context = canvas.getContext('2d');
  const image = context.createImageData(width, height);
  write(image.data);
  context.putImageData(image, 0, 0);
  return canvas;
}

function set(data, pixel, [red, green, blue], alpha) {
  data[pixel * 4] = red;
  data[pixel * 4 + 1] = green;
  data[pixel * 4 + 2] = blue;
  data[pixel * 4 + 3] = alpha;
}
