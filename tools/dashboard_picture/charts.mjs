// A stat and a chart over time, as SVG and HTML inside a panel.
import { fieldOf, format, last } from './fields.mjs';

/** One or two big numbers over a faint line of how they came about. */
export function stat(panel, series, width, height, range) {
  const fields = series.map((each, i) => fieldOf(panel, each, i));
  const spark = series.findIndex(each => !each.instant);
  const named = panel.options.textMode === 'value_and_name';
  const size = series.length > 1 ? Math.min(34, width / 7) : Math.min(height / 2.6, width / 4.6);
  const numbers = series.map((each, i) => {
    const value = last(each.points);
    const [number, unit] = value === undefined ? [panel.fieldConfig.defaults.noValue ?? 'No data', ''] : format(value, fields[i].unit, fields[i].decimals);
    return `<div style="color:${fields[i].paint}">${named ? `<span class="name">${each.name}</span>` : ''}<b style="font-size:${size}px">${number}<small>${unit}</small></b></div>`;
  });
  return `${spark < 0 ? '' : sparkline(series[spark], fields[spark], width, height, range, series.length > 1 ? 0.3 : 0.55)}<div class="stat" style="width:${width}px;height:${height}px">${numbers.join('')}</div>`;
}

function sparkline({ points }, field, width, height, range, share) {
  const top = Math.max(...points.map(point => point.value).filter(Number.isFinite), 1e-9) * 1.6;
  const x = time => ((time - range.start) / (range.end - range.start)) * width;
  const y = value => height - (value / top) * height * share;
  return `<svg class="spark" width="${width}" height="${height}">${areas(points, x, y, () => height, field.paint, 0.14)}${lines(points, x, y, field.paint, 1.2, 0.6)}</svg>`;
}

export function timeseries(panel, series, width, height, range) {
  const { stacking } = panel.fieldConfig.defaults.custom;
  const fields = series.map((each, i) => fieldOf(panel, each, i));
  const right = panel.options.legend.placement === 'right';
  const legendWidth = right ? 236 : 0;
  const box = { left: 62, top: 8, right: width - legendWidth - 12, bottom: height - (right ? 24 : 24 + 19 * legendRows(series, fields, width)) };
  const stacked = stacking.mode === 'normal' ? stack(series) : series.map(each => ({ ...each, floor: null }));
  const { defaults } = panel.fieldConfig;
  const highest = Math.max(...stacked.flatMap(each => each.points.map(point => point.value)).filter(Number.isFinite), 0);
  const ticks = niceTicks(defaults.min ?? 0, defaults.max ?? (highest > 0 ? highest * 1.05 : 1), Math.max(3, Math.floor((box.bottom - box.top) / 42)));
  const x = time => box.left + ((time - range.start) / (range.end - range.start)) * (box.right - box.left);
  const y = value => box.bottom - ((value - ticks[0]) / (ticks.at(-1) - ticks[0])) * (box.bottom - box.top);
  const grid = ticks.map(tick => `<line x1="${box.left}" x2="${box.right}" y1="${y(tick)}" y2="${y(tick)}"/><text x="${box.left - 8}" y="${y(tick) + 4}" text-anchor="end">${axisLabel(tick, ticks, defaults.unit)}</text>`);
  const clock = timeTicks(range, Math.floor((box.right - box.left) / 80)).map(time => `<line x1="${x(time)}" x2="${x(time)}" y1="${box.top}" y2="${box.bottom}"/><text x="${x(time)}" y="${box.bottom + 17}" text-anchor="middle">${clockText(time)}</text>`);
  const drawn = stacked.map((each, i) => {
    const { custom, paint } = fields[i];
    const floor = each.floor ? (_, k) => y(each.floor[k]) : () => box.bottom;
    const dash = custom.lineStyle?.fill === 'dash' ? custom.lineStyle.dash.join(' ') : '';
    return (custom.fillOpacity ? areas(each.points, x, y, floor, paint, custom.fillOpacity / 100) : '') + lines(each.points, x, y, paint, custom.lineWidth, 1, dash);
  });
  const legend = series.map((each, i) => legendEntry(each, fields[i]));
  const place = right ? `left:${width - legendWidth}px;top:8px;width:${legendWidth - 10}px` : `left:10px;top:${box.bottom + 25}px;width:${width - 16}px`;
  return `<svg width="${width}" height="${height}"><g class="grid">${grid.join('')}${clock.join('')}</g>${drawn.join('')}</svg><div class="legend ${right ? 'table' : ''}" style="${place}">${legend.join('')}</div>`;
}

function legendEntry(series, field) {
  const value = last(series.points);
  return `<div><i style="background:${field.paint}"></i>${series.name}<em>${value === undefined ? '' : format(value, field.unit, field.decimals).join('')}</em></div>`;
}

/** How many lines the entries take, at about 6.4 px a letter. */
function legendRows(series, fields, width) {
  const widths = series.map((each, i) => 44 + 6.4 * (each.name.length + (last(each.points) === undefined ? 0 : format(last(each.points), fields[i].unit, fields[i].decimals).join('').length)));
  let rows = 1;
  let used = 0;
  for (const each of widths) {
    if (used > 0 && used + each > width - 16) {
      rows++;
      used = 0;
    }
    used += each;
  }
  return rows;
}

function stack(series) {
  const floor = series[0]?.points.map(() => 0) ?? [];
  return series.map(each => {
    const below = [...floor];
    const points = each.points.map((point, k) => ({ time: point.time, value: (floor[k] += Number.isNaN(point.value) ? 0 : point.value) }));
    return { ...each, points, floor: below };
  });
}

/** Points without a number end a line. */
function runs(points) {
  const all = [[]];
  for (const [k, point] of points.entries()) {
    if (Number.isNaN(point.value)) {
      all.push([]);
    } else {
      all.at(-1).push({ ...point, k });
    }
  }
  return all.filter(run => run.length > 0);
}

function lines(points, x, y, paint, width, opacity, dash = '') {
  return runs(points).map(run => `<polyline fill="none" stroke="${paint}" stroke-width="${width}" stroke-opacity="${opacity}" stroke-dasharray="${dash}" points="${run.map(point => `${x(point.time).toFixed(1)},${y(point.value).toFixed(1)}`).join(' ')}"/>`).join('');
}

function areas(points, x, y, floor, paint, opacity) {
  return runs(points).map(run => {
    const edge = run.map(point => `${x(point.time).toFixed(1)},${y(point.value).toFixed(1)}`);
    const base = run.map(point => `${x(point.time).toFixed(1)},${floor(point.value, point.k).toFixed(1)}`).reverse();
    return `<polygon fill="${paint}" fill-opacity="${opacity}" points="${[...edge, ...base].join(' ')}"/>`;
  }).join('');
}

function niceTicks(low, high, count) {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map(factor => factor * power).find(each => each >= rough);
  const n = Math.ceil((high - low) / step - 1e-9);
  return Array.from({ length: n + 1 }, (_, i) => low + i * step);
}

function axisLabel(tick, ticks, unit) {
  const decimals = Math.max(0, Math.min(3, -Math.floor(Math.log10((ticks[1] - ticks[0]) * (unit === 'percentunit' ? 100 : 1)) + 1e-9)));
  if (unit === 's') {
    return ticks.at(-1) < 1 ? `${Math.round(tick * 1000)} ms` : `${tick.toFixed(decimals)} s`;
  }
  return unit === 'percentunit' ? `${(tick * 100).toFixed(decimals)}%` : tick.toFixed(decimals);
}

function timeTicks({ start, end }, count) {
  const step = [5, 10, 15, 30, 60, 120, 300, 600].find(each => (end - start) / each <= count) ?? 1200;
  const first = Math.ceil(start / step) * step;
  return Array.from({ length: Math.floor((end - first) / step) + 1 }, (_, i) => first + i * step);
}

export function clockText(time) {
  return new Date(time * 1000).toISOString().slice(11, 19);
}
