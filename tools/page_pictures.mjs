#!/usr/bin/env node
// Takes the pictures of docs/page.md: the page in a headless Chromium, on the real service with the bundled model.
//
//   dotnet build tests/EcoM2F.Page.Tests          # brings Playwright's driver
//   node tools/page_pictures.mjs [--out docs]
//
// Needs: node 20, the .NET SDK, and chromium on the PATH.
import { renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root, startBrowser, startService } from './dashboard_picture/programs.mjs';

const { values } = parseArgs({ options: { out: { type: 'string', default: join(root, 'docs') } } });

const wide = { viewport: { width: 1360, height: 900 } };
const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true };

const pictures = {
  'page-light.jpg': [wide, async page => {
    await example(page, 'segment', 'facade');
  }],
  'page-dark.jpg': [{ ...wide, colorScheme: 'dark' }, async page => {
    await example(page, 'segment', 'beach');
    const { width, height } = await page.locator('#canvas').boundingBox();
    await page.locator('#canvas').hover({ position: { x: width * 0.8, y: height * 0.72 } }); // a horse
  }],
  'page-phone.jpg': [phone, async page => {
    await example(page, 'segment', 'skier');
  }],
  'page-compare.jpg': [{ viewport: { width: 1360, height: 1000 } }, async page => {
    await page.locator('#tab-compare').click();
    await example(page, 'compare', 'facade');
    await page.locator('#point-a').selectOption('size=192, depth=1');
    await page.getByText('A · size 192, depth 1').waitFor();
    await page.locator('#strip-run').click();
    await page.waitForFunction(() => document.querySelectorAll('#strip button.tile').length === document.querySelectorAll('#strip .tile').length);
  }, { fullPage: true }],
  'page-service.jpg': [wide, async page => {
    for (const name of ['skier', 'facade', 'kitchen', 'beach', 'rocket', 'bear']) {
      await example(page, 'segment', name);
    }
    await page.locator('#tab-service').click();
    await page.locator('.figures-grid').waitFor();
  }, { fullPage: true }],
};

const service = await startService([]);
const browser = await startBrowser();
try {
  for (const [name, [options, prepare, shot]] of Object.entries(pictures)) {
    const context = await browser.newContext(options);
    context.setDefaultTimeout(300_000); // machines may be slow
    const page = await context.newPage();
    await page.goto(service.url);
    await page.locator('#state.good').waitFor();
    await prepare(page);
    const file = join(values.out, name);
    await page.screenshot({ path: `${file}.part`, type: 'jpeg', quality: 86, ...shot });
    renameSync(`${file}.part`, file);
    console.log(`${file}: ${Math.round(statSync(file).size / 1024)} KiB`);
    await context.close();
  }
} finally {
  await browser.close();
  await service.stop();
}

/** Brings an example and waits for its masks. */
async function example(page, view, name) {
  await page.locator(`#view-${view} [data-example=${name}]`).click();
  const masks = view === 'segment' ? page.locator(`#canvas[aria-label^="${name}.jpg with"]`) : page.locator('#badge-b');
  await masks.waitFor();
}
