#!/usr/bin/env bash
# Stores what the bundled model gives for the tests' photos as tests/fixtures/photos/expected.json. Run it after a change of
# models/default that is meant to change masks, and look at the overlays it leaves beside its results.
set -euo pipefail
cd "$(dirname "$0")/.."

out=$(mktemp -d)
dotnet run --project src/EcoM2F.Cli -- segment tests/fixtures/photos -o "$out" --model models/default --format json,overlay
node - "$out" <<'JS'
const fs = require('fs'), path = require('path');
const out = process.argv[2], photos = 'tests/fixtures/photos', all = {};
for (const photo of fs.readdirSync(photos).filter(name => name.endsWith('.jpg')).sort()) {
  const { image, panoptic } = JSON.parse(fs.readFileSync(path.join(out, path.parse(photo).name + '.json')));
  all[photo] = { image, panoptic: { segments_info: panoptic.segments_info.map(({ category, segmentation }) => ({ category, segmentation })) } };
}
fs.writeFileSync(path.join(photos, 'expected.json'), JSON.stringify(all, null, 1) + '\n');
JS
echo "overlays to look at: $out"
