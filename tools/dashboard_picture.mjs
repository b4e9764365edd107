#!/usr/bin/env node
// Draws docs/dashboard.png: what the first row of the dashboard shows, from a real scrape. It is not Grafana that draws.
//
//   node tools/dashboard_picture.mjs [PHOTOS] [--seconds 150] [--out docs/dashboard.png]
//
// 1 starts the service on the bundled model and Debian's prometheus with the files of deploy/prometheus (scraping every 2 s)
// 2 sends the photos of the folder PHOTOS with mixed Compute-Budget headers, for the given time
// 3 asks Prometheus the dashboard's own expressions, as Grafana would over that time
// 4 lays the answers out by the panels' grid, titles, units and colours, and has chromium take the picture
//
// Needs: node 20, the .NET SDK, and on the PATH prometheus and chromium.
import { mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { sendLoad } from './dashboard_picture/load.mjs';
import { renderPage } from './dashboard_picture/page.mjs';
import { queryPanel } from './dashboard_picture/queries.mjs';
import { root, screenshot, startPrometheus, startService } from './dashboard_picture/programs.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string', default: '150' }, out: { type: 'string', default: join(root, 'docs', 'dashboard.png') } },
});
const photos = resolve(positionals[0] ?? join(root, 'tests', 'fixtures', 'photos'));
const seconds = Number(values.seconds);
if (!(seconds >= 60 && seconds <= 3600)) {
  throw new Error(`--seconds ${values.seconds}: takes 60 to 3600.`);
}

const dashboard = JSON.parse(readFileSync(join(root, 'deploy', 'grafana', 'dashboards', 'ecom2f.json'), 'utf8'));
const folder = mkdtempSync(join(tmpdir(), 'ecom2f-picture-'));
const running = [];
try {
  const service = await startService(['--Engine:QueueImages=12']); // short, so that the burst shows refusals
  running.push(service);
  const prometheus = await startPrometheus(folder, service.address);
  running.push(prometheus);
  const range = await sendLoad(service.url, photos, seconds);
  const panels = await Promise.all(firstRow(dashboard).map(async panel => ({ panel, series: await queryPanel(prometheus.url, panel, range) })));
  const page = join(folder, 'page.html');
  writeFileSync(page, renderPage(dashboard, panels, range));
  const shot = join(folder, 'page.png');
  await screenshot(page, shot, folder);
  writeFileSync(`${values.out}.part`, readFileSync(shot));
  renameSync(`${values.out}.part`, values.out);
  console.log(`${values.out}: ${Math.round(statSync(values.out).size / 1024)} KiB, ${range.sent} requests in ${Math.round(range.end - range.start)} s`);
} finally {
  for (const each of running.reverse()) {
    await each.stop();
  }
  rmSync(folder, { recursive: true });
}

/** Panels between the first heading and the second. */
function firstRow({ panels }) {
  const second = panels.findIndex((panel, i) => i > 0 && panel.type === 'row');
  return panels.slice(0, second).filter(panel => panel.type !== 'row');
}
