// The programs that pictures and times need: each started with its output read, and ended by its id.
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
export const scrapeSeconds = 2;

/** The real service, once it is ready. */
export async function startService(settings) {
  const project = join(root, 'src', 'EcoM2F.Serving');
  execFileSync('dotnet', ['build', project, '-c', 'Release', '-v', 'q', '-nologo'], { stdio: 'inherit' });
  const program = join(project, 'bin', 'Release', 'net10.0', 'EcoM2F.Serving.dll');
  const service = await start('dotnet', [program, '--urls', 'http://127.0.0.1:0', ...settings], /http:\/\/(127\.0\.0\.1:[1-9]\d*)/);
  await untilOk(`${service.url}/readyz`);
  return service;
}

/** Debian's Chromium, by the driver that a build of tests/EcoM2F.Page.Tests brings. */
export async function startBrowser() {
  const driver = join(root, 'tests', 'EcoM2F.Page.Tests', 'bin', 'Debug', 'net10.0', '.playwright', 'package', 'index.mjs');
  const { chromium } = await import(pathToFileURL(driver));
  return chromium.launch({ executablePath: execFileSync('which', ['chromium'], { encoding: 'utf8' }).trim() });
}

/** Debian's Prometheus on a copy of deploy/prometheus that differs in its target and intervals only. */
export async function startPrometheus(folder, target) {
  const source = join(root, 'deploy', 'prometheus');
  const configuration = join(folder, 'prometheus.yml');
  const text = readFileSync(join(source, 'prometheus.yml'), 'utf8');
  for (const part of ['ecom2f:8080', 'scrape_interval: 15s', 'evaluation_interval: 15s']) {
    if (!text.includes(part)) {
      throw new Error(`deploy/prometheus/prometheus.yml has no '${part}'.`);
    }
  }
  writeFileSync(configuration, text.replace('ecom2f:8080', target).replaceAll('_interval: 15s', `_interval: ${scrapeSeconds}s`));
  mkdirSync(join(folder, 'rules'));
  for (const file of readdirSync(join(source, 'rules'))) {
    writeFileSync(join(folder, 'rules', file), readFileSync(join(source, 'rules', file)));
  }
  const prometheus = await start(
    'prometheus',
    [`--config.file=${configuration}`, `--storage.tsdb.path=${join(folder, 'data')}`, '--web.listen-address=127.0.0.1:0'],
    /msg="Listening on" address=(127\.0\.0\.1:[1-9]\d*)/);
  await untilOk(`${prometheus.url}/-/ready`);
  return prometheus;
}

export async function screenshot(page, picture, folder) {
  const [width, height] = readFileSync(page, 'utf8').match(/data-size="(\d+)x(\d+)"/).slice(1);
  execFileSync('chromium', [
    '--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync',
    `--user-data-dir=${join(folder, 'chromium')}`, '--hide-scrollbars', '--force-device-scale-factor=1.25',
    `--window-size=${width},${height}`, `--screenshot=${picture}`, `file://${page}`,
  ], { stdio: 'ignore' });
}

function start(program, args, listening) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = new Promise(end => child.once('close', end));
    let output = '';
    const read = text => {
      output += text;
      const match = output.match(listening);
      if (match) {
        resolve({ address: match[1], url: `http://${match[1]}`, stop: () => { child.kill(); return ended; } });
      }
    };
    child.stdout.setEncoding('utf8').on('data', read);
    child.stderr.setEncoding('utf8').on('data', read);
    child.once('error', reject);
    child.once('close', code => reject(new Error(`${program} ended with ${code} before it listened:\n${output}`)));
  });
}

async function untilOk(url) {
  for (;;) {
    const response = await fetch(url);
    await response.arrayBuffer();
    if (response.ok) {
      return;
    }
    await new Promise(resume => setTimeout(resume, 100));
  }
}
