#!/usr/bin/env node
// Times from the click on an example to its masks on screen, beside what the service took: the page in a headless Chromium, on the real
// service with the bundled model. A new page, with nothing cached, for each.
//
//   dotnet build tests/EcoM2F.Page.Tests          # brings Playwright's driver
//   node tools/page_times.mjs [--rounds 5]
//
// Needs: node 20, the .NET SDK, and chromium on the PATH.
import { parseArgs } from 'node:util';
import { startBrowser, startService } from './dashboard_picture/programs.mjs';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } });

const service = await startService([]);
const browser = await startBrowser();
const beyond = [];
try {
  for (const name of ['skier', 'facade', 'kitchen', 'beach', 'rocket', 'bear']) {
    for (let round = 0; round < Number(values.rounds); round++) {
      const { total, server } = await time(name);
      beyond.push(total - server);
      console.log(`${name}: ${total.toFixed(0)} ms from the click to the masks, ${server.toFixed(0)} ms of them in the service`);
    }
  }
  beyond.sort((a, b) => a - b);
  console.log(`beyond the service's own time: median ${beyond[beyond.length >> 1].toFixed(0)} ms, longest ${beyond.at(-1).toFixed(0)} ms`);
} finally {
  await browser.close();
  await service.stop();
}

async function time(name) {
  const context = await browser.newContext({ viewport: { width: 1360, height: 900 } });
  try {
    const page = await context.newPage();
    await page.goto(service.url);
    await page.locator('#state.good').waitFor();
    const answer = page.waitForResponse(response => new URL(response.url()).pathname === '/v1/segment');
    const total = await page.evaluate(example => new Promise(resolve => {
      const canvas = document.querySelector('#canvas');
      const start = performance.now();
      new MutationObserver(() => {
        if (canvas.getAttribute('aria-label')?.startsWith(`${example}.jpg with`)) {
          requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - start))); // painted
        }
      }).observe(canvas, { attributes: true, attributeFilter: ['aria-label'] });
      document.querySelector(`#view-segment [data-example=${example}]`).click();
    }), name);
    const timing = (await answer).headers()['server-timing'];
    const server = [...timing.matchAll(/dur=([\d.]+)/g)].reduce((sum, [, milliseconds]) => sum + Number(milliseconds), 0);
    return { total, server };
  } finally {
    await context.close();
  }
}
