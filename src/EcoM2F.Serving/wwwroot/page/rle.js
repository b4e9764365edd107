// COCO's compressed run-length encoding, as pycocotools writes it: runs go down the columns, first of zeros.

/** Run lengths of the text: groups of 5 bits from the lowest, offset by 48; from the fourth on less the one two before it. */
export function decodeCounts(text) {
  const counts = [];
  let position = 0;
  while (position < text.length) {
    let value = 0;
    let shift = 0;
    let group;
    do {
      group = text.charCodeAt(position++) - 48;
      value |= (group & 0x1f) << shift;
      shift += 5;
    } while (group & 0x20);
    if (group & 0x10 && shift < 32) {
      value |= -1 << shift;
    }
    counts.push(counts.length > 2 ? value + counts[counts.length - 2] : value);
  }
  return counts;
}

/** Which pixels of an image stand for it in a map of at most `longest` pixels: the one in the middle of each of the map's. */
export function gridOf(width, height, longest = Infinity) {
  const scale = Math.min(1, longest / Math.max(width, height));
  const columns = Math.max(1, Math.round(width * scale));
  const rows = Math.max(1, Math.round(height * scale));
  return { width: columns, height: rows, columnAt: placesOf(width, columns), rowsBefore: countsBefore(height, rows) };
}

/** For each pixel of the image the place in the map that shows it, or -1. */
function placesOf(length, places) {
  const at = new Int32Array(length).fill(-1);
  for (let place = 0; place < places; place++) {
    at[Math.floor((place + 0.5) * length / places)] = place;
  }
  return at;
}

function countsBefore(length, places) {
  const at = placesOf(length, places);
  const before = new Int32Array(length + 1);
  for (let i = 0; i < length; i++) {
    before[i + 1] = before[i] + (at[i] >= 0 ? 1 : 0);
  }
  return before;
}

/** Writes `value` into the map (row by row) wherever the mask is. */
export function paintMask(rle, map, value, grid) {
  const [height] = rle.size;
  let position = 0;
  let inside = false;
  for (const count of decodeCounts(rle.counts)) {
    if (inside && count > 0) {
      paintRun(position, position + count, height, map, value, grid);
    }
    position += count;
    inside = !inside;
  }
}

function paintRun(start, end, height, map, value, { width, columnAt, rowsBefore }) {
  for (let x = Math.floor(start / height); x * height < end; x++) {
    const column = columnAt[x];
    if (column >= 0) {
      const first = rowsBefore[Math.max(0, start - x * height)];
      const last = rowsBefore[Math.min(height, end - x * height)];
      for (let row = first, at = first * width + column; row < last; row++, at += width) {
        map[at] = value;
      }
    }
  }
}
