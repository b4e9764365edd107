// How a panel wants a series to look: its defaults, then the overrides that match, as Grafana applies them.
const Named = { green: '#73bf69', yellow: '#fade2a', orange: '#ff9830', red: '#f2495c', blue: '#5794f2', purple: '#b877d9', text: '#ccccdc' };
const Palette = ['#73bf69', '#fade2a', '#5794f2', '#ff9830', '#f2495c', '#b877d9', '#5ac8c8', '#c8a05a'];

export function fieldOf(panel, series, index) {
  const { defaults, overrides } = panel.fieldConfig;
  const field = { ...defaults, custom: { ...defaults.custom } };
  for (const { matcher, properties } of overrides.filter(each => matches(each.matcher, series))) {
    for (const { id, value } of properties) {
      if (id.startsWith('custom.')) {
        field.custom[id.slice('custom.'.length)] = value;
      } else {
        field[id] = value;
      }
    }
  }
  return { ...field, paint: paint(field, series, index) };
}

function matches({ id, options }, series) {
  switch (id) {
    case 'byName': return series.name === options;
    case 'byFrameRefID': return series.letter === options;
    case 'byRegexp': return new RegExp(options.slice(1, -1)).test(series.name);
    default: throw new Error(`No matcher ${id}.`);
  }
}

function paint({ color, thresholds }, series, index) {
  if (color.mode === 'fixed') {
    return Named[color.fixedColor] ?? color.fixedColor;
  }
  if (color.mode === 'thresholds') {
    const value = last(series.points) ?? 0;
    return Named[thresholds.steps.findLast(step => step.value === null || value >= step.value).color];
  }
  return Palette[index % Palette.length];
}

/** The last number that is one. */
export function last(points) {
  return points.findLast(point => !Number.isNaN(point.value))?.value;
}

/** @returns the number as text, and its unit */
export function format(value, unit, decimals) {
  const scaled = (number, steps, mark) => {
    const i = Math.max(0, steps.findLastIndex(([size]) => Math.abs(number) >= size));
    return [round(number / steps[i][0], decimals), steps[i][1] + mark];
  };
  const [kind, mark] = unit.split(':');
  switch (kind) {
    case 'none': return [round(value, decimals), ''];
    case 'suffix': return [round(value, decimals), ` ${mark}`];
    case 'si': return scaled(value, [[1, ` ${mark[0]}`], [1e3, ` ${{ M: 'G', G: 'T', T: 'P' }[mark[0]]}`]], mark.slice(1));
    case 'short': return scaled(value, [[1, ''], [1e3, ' K'], [1e6, ' Mil']], '');
    case 'reqps': return [round(value, decimals), ' req/s'];
    case 'percentunit': return [round(value * 100, decimals), '%'];
    case 's': return value < 1 ? [round(value * 1000, decimals), ' ms'] : [round(value, decimals ?? 2), ' s'];
    default: throw new Error(`The picture knows no unit ${unit}.`);
  }
}

function round(value, decimals) {
  return value.toFixed(decimals ?? (Math.abs(value) >= 100 || value === 0 ? 0 : Math.abs(value) >= 10 ? 1 : 2));
}
