// The page: the dashboard's title and filters, and its panels where their grid positions say.
import { clockText, stat, timeseries } from './charts.mjs';

const Width = 1600;
const Margin = 16;
const Gap = 8;
const RowHeight = 38; // 30 px and a gap, as in Grafana
const Head = 92;
const Title = 34;
const Charts = { stat, timeseries };

export function renderPage(dashboard, panels, range) {
  const column = (Width - 2 * Margin + Gap) / 24;
  const top = Math.min(...panels.map(({ panel }) => panel.gridPos.y));
  const rows = Math.max(...panels.map(({ panel }) => panel.gridPos.y + panel.gridPos.h)) - top;
  const height = Head + rows * RowHeight + Margin;
  const boxes = panels.map(({ panel, series }) => {
    const { x, y, w, h } = panel.gridPos;
    const width = w * column - Gap;
    const inner = h * RowHeight - Gap - Title;
    return `<section style="left:${Margin + x * column}px;top:${Head + (y - top) * RowHeight}px;width:${width}px;height:${h * RowHeight - Gap}px"><h2>${panel.title}</h2><div class="body">${Charts[panel.type](panel, series, width - 2, inner, range)}</div></section>`;
  });
  const filters = dashboard.templating.list.map(each => `<span>${each.label}</span><b>${each.type === 'datasource' ? each.current.text : 'All'}</b>`);
  const heading = dashboard.panels.find(panel => panel.type === 'row').title;
  return `<!doctype html><meta charset="utf-8"><style>${Style}</style><body data-size="${Width}x${height}" style="width:${Width}px;height:${height}px">
<header><h1>${dashboard.title}</h1><div class="filters">${filters.join('')}</div><time>${new Date(range.start * 1000).toISOString().slice(0, 10)} ${clockText(range.start)} to ${clockText(range.end)} UTC</time></header>
<h3>${heading}</h3>${boxes.join('\n')}</body>`;
}

const Style = `
* { box-sizing: border-box; margin: 0; }
body { background: #111217; color: #ccccdc; font: 12px Inter, "DejaVu Sans", Arial, sans-serif; position: relative; overflow: hidden; }
header { display: flex; align-items: center; gap: 28px; height: 52px; padding: 0 16px; border-bottom: 1px solid #25272e; }
h1 { font-size: 17px; font-weight: 500; }
.filters { display: flex; align-items: center; }
.filters span { color: #9a9aac; padding: 6px 9px; background: #181b1f; border: 1px solid #2c2f36; }
.filters b { font-weight: 400; padding: 6px 12px; border: 1px solid #2c2f36; border-left: 0; margin-right: 12px; }
time { margin-left: auto; color: #9a9aac; }
h3 { font-size: 14px; font-weight: 500; padding: 12px 16px; }
section { position: absolute; background: #181b1f; border: 1px solid #25272e; border-radius: 3px; overflow: hidden; }
h2 { font-size: 13px; font-weight: 500; padding: 9px 12px; height: 34px; white-space: nowrap; }
.body { position: relative; }
.grid line { stroke: #2a2d34; stroke-width: 1; }
.grid text { fill: #9a9aac; font-size: 11px; }
.legend { position: absolute; display: flex; flex-wrap: wrap; gap: 3px 14px; }
.legend.table { display: block; }
.legend.table div { display: flex; align-items: center; padding: 3px 0; border-bottom: 1px solid #25272e; }
.legend.table em { margin-left: auto; }
.legend div { white-space: nowrap; line-height: 16px; }
.legend i { display: inline-block; width: 13px; height: 4px; border-radius: 2px; margin-right: 6px; vertical-align: middle; }
.legend em { font-style: normal; color: #9a9aac; margin-left: 6px; }
.spark { position: absolute; left: 0; top: 0; }
.stat { position: absolute; left: 0; top: 0; display: flex; flex-direction: column; align-items: center; justify-content: space-evenly; padding-bottom: 6px; text-align: center; }
.stat b { font-weight: 500; display: block; line-height: 1.1; }
.stat small { font-size: 0.55em; }
.stat .name { color: #ccccdc; font-size: 12px; }
`;
