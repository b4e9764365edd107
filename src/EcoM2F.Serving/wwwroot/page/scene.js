// An answer's segments as a map of pixels that can be drawn, pointed at and compared.
import { gridOf, paintMask } from './rle.js';

/** Longest edge of the map on screen; files that are saved have every pixel. */
const LONGEST_ON_SCREEN = 1600;

/** Makes a scene of a task's result; null where the answer has none. */
export function sceneOf(answer, task, model, longest = LONGEST_ON_SCREEN) {
  const { width, height } = answer.image;
  const found = segmentsOf(answer, task);
  const colours = new Map(model.classes.map(one => [one.id, one.color]));
  const counts = new Map();
  const segments = found.map((segment, index) => {
    const nth = counts.get(segment.category_id) ?? 0;
    counts.set(segment.category_id, nth + 1);
    const colour = rgb(colours.get(segment.category_id) ?? '#888888');
    return {
      index,
      id: segment.id ?? index + 1,
      categoryId: segment.category_id,
      name: segment.category,
      score: segment.score,
      share: segment.area === undefined ? segment.bbox[2] * segment.bbox[3] / (width * height) : segment.area / (width * height),
      bbox: segment.bbox,
      rle: segment.segmentation,
      classColour: colour,
      colour: shade(colour, segment.isthing === false || task === 'semantic' ? 0 : nth),
    };
  });
  const grid = gridOf(width, height, longest);
  const map = new Uint16Array(grid.width * grid.height);
  // instances overlap: what is surer lies above
  const order = task === 'instance' ? [...segments].sort((a, b) => a.score - b.score) : segments;
  for (const segment of order) {
    if (segment.rle) {
      paintMask(segment.rle, map, segment.index + 1, grid);
    }
  }
  return { task, width, height, grid, map, segments };
}

function segmentsOf(answer, task) {
  const result = answer[task];
  return Array.isArray(result) ? result : result?.segments_info ?? [];
}

/** Segments at a pixel of the map, the uppermost; boxes count where there are no masks, the smallest first. */
export function segmentAt(scene, x, y, hidden) {
  const column = Math.floor(x * scene.grid.width);
  const row = Math.floor(y * scene.grid.height);
  if (column < 0 || row < 0 || column >= scene.grid.width || row >= scene.grid.height) {
    return null;
  }
  if (scene.task === 'detection') {
    const inside = scene.segments.filter(({ bbox: [left, top, width, height], categoryId }) => !hidden.has(categoryId)
      && x * scene.width >= left && x * scene.width < left + width && y * scene.height >= top && y * scene.height < top + height);
    return inside.sort((a, b) => a.share - b.share)[0] ?? null;
  }
  const segment = scene.segments[scene.map[row * scene.grid.width + column] - 1];
  return segment && !hidden.has(segment.categoryId) ? segment : null;
}

/** For each pixel of the map its class + 1, or 0. */
export function classMap(scene) {
  const classes = new Uint16Array(scene.segments.length + 1);
  for (const segment of scene.segments) {
    classes[segment.index + 1] = segment.categoryId + 1;
  }
  return scene.map.map(value => classes[value]);
}

/** Share of the pixels that have the same class in both; of boxes, the share that finds a partner (IoU at least 0.5). */
export function agreement(a, b) {
  if (a.task === 'detection') {
    return boxAgreement(a, b);
  }
  const [first, second] = [classMap(a), classMap(b)];
  let same = 0;
  for (let i = 0; i < first.length; i++) {
    same += first[i] === second[i] ? 1 : 0;
  }
  return same / first.length;
}

function boxAgreement(a, b) {
  const free = [...b.segments];
  let pairs = 0;
  for (const segment of a.segments) {
    const at = free.findIndex(other => other.categoryId === segment.categoryId && overlap(segment.bbox, other.bbox) >= 0.5);
    if (at >= 0) {
      free.splice(at, 1);
      pairs++;
    }
  }
  const all = a.segments.length + b.segments.length;
  return all === 0 ? 1 : 2 * pairs / all;
}

function overlap([ax, ay, aw, ah], [bx, by, bw, bh]) {
  const width = Math.max(0, Math.min(ax + aw, bx + bw) - Math.max(ax, bx));
  const height = Math.max(0, Math.min(ay + ah, by + bh) - Math.max(ay, by));
  return width * height / (aw * ah + bw * bh - width * height);
}

function rgb(hex) {
  return [1, 3, 5].map(at => parseInt(hex.slice(at, at + 2), 16));
}

/** Things of one class lie beside one another: every further one is a shade apart. */
function shade(colour, nth) {
  const step = [0, 0.28, -0.24, 0.14, -0.12][nth % 5];
  return colour.map(channel => Math.round(step >= 0 ? channel + (255 - channel) * step : channel * (1 + step)));
}

export const css = ([red, green, blue]) => `rgb(${red} ${green} ${blue})`;
