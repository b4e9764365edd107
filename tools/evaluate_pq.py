#!/usr/bin/env python3
"""Panoptic quality of `ecom2f segment` results on a COCO panoptic set, with panopticapi's rules.

usage: evaluate_pq.py PREDICTIONS ANNOTATIONS.json SEGMENTS_FOLDER LABELS.json MAPPING [--json]

PREDICTIONS holds STEM.json and STEM.png (ids) per image, as `ecom2f segment --format json,png` writes them.
LABELS.json has `classes` (the model's) and `mapping` (for each set: category name -> class name, null is void).
Needs numpy and Pillow (Debian: python3-numpy, python3-pil).
"""
import json
import os
import sys

import numpy as np
from PIL import Image

VOID = 0


def read_ids(path):
    rgb = np.asarray(Image.open(path).convert("RGB"), dtype=np.int64)
    return rgb[..., 0] + 256 * rgb[..., 1] + 65536 * rgb[..., 2]


def map_ground_truth(ids, segments, class_of, is_thing):
    """Segments in the model's classes: unmapped ones are void, an image has one segment per stuff class."""
    out = np.zeros_like(ids)
    infos, stuff = {}, {}
    for segment in segments:
        label = class_of.get(segment["category_id"])
        if label is None:
            continue
        if is_thing[label] or segment["iscrowd"]:
            new = len(infos) + 1
            infos[new] = (label, bool(segment["iscrowd"]))
        else:
            new = stuff.setdefault(label, len(infos) + 1)
            infos[new] = (label, False)
        out[ids == segment["id"]] = new
    return out, infos


def match(gt, gt_infos, pred, pred_infos):
    """Per class: sum of IoU over matches, true positives, false positives, false negatives."""
    stats = {}
    base = int(max(gt.max(), pred.max())) + 1
    pairs, counts = np.unique(gt * base + pred, return_counts=True)
    overlap = {(int(p // base), int(p % base)): int(c) for p, c in zip(pairs, counts)}
    gt_area = {i: int((gt == i).sum()) for i in gt_infos}
    pred_area = {i: int((pred == i).sum()) for i in pred_infos}
    matched_gt, matched_pred = set(), set()

    def stat(label):
        return stats.setdefault(label, [0.0, 0, 0, 0])

    for (g, p), inter in overlap.items():
        if g not in gt_infos or p not in pred_infos or gt_infos[g][1] or gt_infos[g][0] != pred_infos[p]:
            continue
        union = gt_area[g] + pred_area[p] - inter - overlap.get((VOID, p), 0)
        if inter / union > 0.5:
            s = stat(gt_infos[g][0])
            s[0] += inter / union
            s[1] += 1
            matched_gt.add(g)
            matched_pred.add(p)
    crowds = {}
    for g, (label, crowd) in gt_infos.items():
        if crowd:
            crowds[label] = crowds.get(label, []) + [g]
        elif g not in matched_gt and gt_area[g] > 0:
            stat(label)[3] += 1
    for p, label in pred_infos.items():
        if p in matched_pred or pred_area[p] == 0:
            continue
        ignored = overlap.get((VOID, p), 0) + sum(overlap.get((g, p), 0) for g in crowds.get(label, []))
        if ignored / pred_area[p] <= 0.5:
            stat(label)[2] += 1
    return stats


def pq(stats):
    values = [s[0] / (s[1] + 0.5 * s[2] + 0.5 * s[3]) for s in stats.values() if s[1] + s[2] + s[3] > 0]
    return sum(values) / len(values) if values else 0.0


def interval(per_image, labels, draws=2000):
    """95% bootstrap interval of the set's PQ over images; the same draws for every policy of a set."""
    table = np.zeros((len(per_image), len(labels), 4))
    for i, stats in enumerate(per_image):
        for label, s in stats.items():
            table[i, label] = s
    random = np.random.default_rng(0)
    values = []
    for _ in range(draws):
        s = table[random.integers(0, len(per_image), len(per_image))].sum(axis=0)
        seen = s[:, 1:].sum(axis=1) > 0
        values.append((s[seen, 0] / (s[seen, 1] + 0.5 * s[seen, 2] + 0.5 * s[seen, 3])).mean())
    return [float(v) for v in np.percentile(values, [2.5, 97.5])]


def main():
    arguments = [a for a in sys.argv[1:] if a != "--json"]
    if len(arguments) != 5:
        sys.exit(__doc__)
    predictions, annotations, folder, labels, mapping = arguments
    labels = json.load(open(labels))
    names = {c["name"]: c["id"] for c in labels["classes"]}
    is_thing = {c["id"]: c["isthing"] for c in labels["classes"]}
    ground_truth = json.load(open(annotations))
    class_of = {}
    for category in ground_truth["categories"]:
        name = labels["mapping"][mapping][category["name"]]
        class_of[category["id"]] = None if name is None else names[name]
    total, images, depths, per_image = {}, [], {}, []
    for annotation in ground_truth["annotations"]:
        stem = os.path.splitext(annotation["file_name"])[0]
        result = json.load(open(os.path.join(predictions, stem + ".json")))
        pred_infos = {s["id"]: s["category_id"] for s in result["panoptic"]["segments_info"]}
        pred = read_ids(os.path.join(predictions, stem + ".png"))
        gt, gt_infos = map_ground_truth(read_ids(os.path.join(folder, annotation["file_name"])), annotation["segments_info"], class_of, is_thing)
        stats = match(gt, gt_infos, pred, pred_infos)
        images.append(pq(stats))
        per_image.append(stats)
        depth = result["compute"]["depth"]
        depths[depth] = depths.get(depth, 0) + 1
        for label, s in stats.items():
            total[label] = [a + b for a, b in zip(total.get(label, [0.0, 0, 0, 0]), s)]
    low, high = interval(per_image, labels["classes"])
    report = {
        "images": len(images), "pq": pq(total), "low": low, "high": high, "image_pq": sum(images) / len(images),
        "mean_depth": sum(k * n for k, n in depths.items()) / len(images), "depths": {str(k): depths[k] for k in sorted(depths)},
    }
    if "--json" in sys.argv:
        print(json.dumps(report))
    else:
        print("{images} images: PQ {pq:.4f} [{low:.4f}, {high:.4f}], mean of the images {image_pq:.4f}, mean depth {mean_depth:.2f} {depths}".format(**report))


if __name__ == "__main__":
    main()
