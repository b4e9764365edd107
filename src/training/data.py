#!/usr/bin/env python3
"""Training data: COCO panoptic and COCO instances in, augmented batches with targets out.

    python3 src/training/data.py CONFIG.json [--preview OUT.png]

prepares the sets that a configuration names (train.py does so too, where it is missing or stale), and may draw the first
batch with its segments.

In this file: options, sets (categories become classes, what is not labelled becomes void), preparation (images and id maps
once at training resolution, in few files), augmentation, batches. Needs PyTorch 1.13 or newer, numpy and Pillow.

Three things to know:
* Segment ids. An image's truth is one id map: 0 is void, k is segment k, whose class is classes[k - 1]. Stuff of one class
  is one segment. Where instances overlap the smaller one lies on top.
* Void is what nobody labelled: id 0, crowds, categories that map to null, and in a set of instances all that is not a thing.
* Sample i of iteration t depends on (seed, t, i) and the prepared data alone. Nothing remembers, so resuming is exact and the
  number of workers makes no difference.
"""
import argparse
import atexit
import contextlib
import fcntl
import hashlib
import io
import itertools
import json
import multiprocessing
import os
import re
import signal
import sys
import threading
import time
from typing import List, NamedTuple

import numpy as np
import torch
from PIL import Image, ImageCms, ImageOps

from json_file import read_json

# ---------------------------------------------------------------------------------------------------------------------
# Options: config["data"], with what applies where the file says nothing.

DEFAULTS = {
    "size": 320,             # pixels, of both sides of what the network sees; a multiple of 32
    "batch": 6,              # images per iteration
    "prepared": "prepared",  # folder of the prepared data, may be shared by configurations
    "prepared_scale": 1.25,  # shortest side of a prepared image over size, in [0.5, 4]; nothing is enlarged
    "quality": 76,           # of prepared JPEGs, 50 to 100
    "scale": [0.5, 2.0],     # large-scale jitter: shortest side over size, drawn evenly on a log scale; in [0.1, 10]
    "flip": 0.5,             # probability of a horizontal flip
    "brightness": 0.2,       # each factor is drawn from 1 +- this; in [0, 1)
    "contrast": 0.2,
    "saturation": 0.2,
    "min_pixels": 16,        # a segment of which a crop shows less becomes void; 16 is one pixel of a mask at stride 4
    "mean": None,            # of the normalised image, per channel, of x / 255; null: init's preprocessor_config.json, else 0.5
    "std": None,
}
SET_DEFAULTS = {
    "name": None,            # letters, digits, _ . -; names the set's prepared files
    "kind": None,            # "coco_panoptic" or "coco_instances"
    "json": None,
    "images": None,          # folder
    "masks": None,           # folder of PNGs, coco_panoptic only
    "mapping": None,         # key of "mapping" in the classes file; null: categories carry the classes' own names
    "weight": 1.0,           # how often this set is drawn, against the others
    "full_classes": None,    # classes that the set labels everywhere, or "all"; null: those that some category becomes
    "exclude": [],           # COCO files (or {"json", "images"}) whose images must not be trained on
}
CLASSES_AT_MOST = 10_000
SEGMENTS_AT_MOST = 32_767    # ids travel as int16 where uint8 is too small
FORMAT = 1                   # of the prepared files; a change makes older ones stale
SHARD_BYTES = 15_000_000     # files stay below 16 MB, so that they travel
ERRORS_AT_MOST = 10          # lines of one report
CROP_TRIES = 4               # a crop that shows no segment is drawn again
PREFETCH = 3                 # batches ahead, per worker
PARENT_CHECK_SECONDS = 1.0
THUMBNAIL = 16               # side of the thumbnail whose gradients tell copies of an image
COPY_BITS = 10               # of 256: at most this many differ between copies; of 50,000 pairs of other photographs the closest differ in 60


class DataError(Exception):
    """Options or data that cannot be used; the message names the entry and what is allowed."""


def resolve(config, folder):
    """config["data"] of a configuration file in folder, checked, with defaults, absolute paths, classes and mappings: all that
    prepare and Batches need, as plain values."""
    data = dict(_object(config.get("data"), "data"))
    sets = data.pop("sets", None)
    options = {**DEFAULTS, **data}
    for key in data:
        if key not in DEFAULTS:
            raise DataError(f"data.{key} is no option; there are sets, {', '.join(DEFAULTS)}.")
    _number(options, "size", 32, 4096, whole=True)
    if options["size"] % 32:
        raise DataError(f"data.size: {options['size']} is no multiple of 32.")
    _number(options, "batch", 1, 4096, whole=True)
    _number(options, "prepared_scale", 0.5, 4)
    _number(options, "quality", 50, 100, whole=True)
    _number(options, "flip", 0, 1)
    _number(options, "min_pixels", 1, options["size"] ** 2, whole=True)
    for key in ("brightness", "contrast", "saturation"):
        _number(options, key, 0, 0.999)
    _pair(options, "scale", 0.1, 10)
    _string(options, "prepared", "data")
    options["prepared"] = os.path.normpath(os.path.join(folder, options["prepared"]))
    _statistics(options, config.get("init"), folder)

    labels, where = config.get("classes"), "classes"
    if isinstance(labels, str):
        where = os.path.normpath(os.path.join(folder, labels))
        labels = read_json(where, DataError)
    labels = _object(labels, where)
    options["classes"] = _classes(labels.get("classes"), where)
    if not isinstance(sets, list) or not sets:
        raise DataError("data.sets must be a list of one set or more.")
    mappings = _object(labels.get("mapping", {}), f"{where}: mapping")
    options["sets"] = [_set(entry, f"data.sets[{i}]", options["classes"], mappings, folder) for i, entry in enumerate(sets)]
    names = [entry["name"] for entry in options["sets"]]
    for name in names:
        if names.count(name) > 1:
            raise DataError(f"data.sets: two sets are named {name}.")
    return options


def _set(entry, where, classes, mappings, folder):
    entry = _object(entry, where)
    for key in entry:
        if key not in SET_DEFAULTS:
            raise DataError(f"{where}.{key} is no option; there are {', '.join(SET_DEFAULTS)}.")
    entry = {**SET_DEFAULTS, **entry}
    for key in ("name", "kind", "json", "images"):
        _string(entry, key, where)
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,100}", entry["name"]):
        raise DataError(f"{where}.name: {entry['name']!r} has other characters than letters, digits, '_', '.' and '-', or more than 100.")
    if entry["kind"] not in ("coco_panoptic", "coco_instances"):
        raise DataError(f"{where}.kind: {entry['kind']!r} is not one of coco_panoptic, coco_instances.")
    if entry["kind"] == "coco_panoptic":
        _string(entry, "masks", where)
    elif entry["masks"] is not None:
        raise DataError(f"{where}.masks is for coco_panoptic; coco_instances has its masks in the JSON file.")
    if not _is_number(entry["weight"]) or not 0 < entry["weight"] < 1e9:
        raise DataError(f"{where}.weight: {entry['weight']!r} is not a number above 0.")

    names = [item["name"] for item in classes]
    key, entry["mapping"] = entry["mapping"], None
    if key is not None:
        if key not in mappings:
            raise DataError(f"{where}.mapping: {key!r} is not a key of the classes file's mapping; there are {', '.join(mappings)}.")
        entry["mapping"] = _object(mappings[key], f"mapping of {key}")
        for category, name in entry["mapping"].items():
            if name is not None and name not in names:
                raise DataError(f"mapping of {key}: {category!r} becomes {name!r}, which is no class; there are {', '.join(names)}.")
    full = entry["full_classes"]
    if full == "all":
        full = names
    elif full is None:
        full = names if entry["mapping"] is None else [name for name in entry["mapping"].values() if name is not None]
        if entry["kind"] == "coco_instances":
            full = [item["name"] for item in classes if item["isthing"] and item["name"] in full]
    elif not isinstance(full, list) or any(name not in names for name in full):
        wrong = [name for name in full if name not in names] if isinstance(full, list) else full
        raise DataError(f"{where}.full_classes: {wrong!r} is not \"all\" and names no classes; there are {', '.join(names)}.")
    entry["full_classes"] = [name in full for name in names]

    for key in ("json", "images", "masks"):
        entry[key] = entry[key] and os.path.normpath(os.path.join(folder, entry[key]))
    if not isinstance(entry["exclude"], list):
        raise DataError(f"{where}.exclude must be a list of COCO files.")
    exclude = []
    for i, other in enumerate(entry["exclude"]):
        other = dict(_object({"json": other} if isinstance(other, str) else other, f"{where}.exclude[{i}]"))
        _string(other, "json", f"{where}.exclude[{i}]")
        if set(other) - {"json", "images"}:
            raise DataError(f"{where}.exclude[{i}].{min(set(other) - {'json', 'images'})} is no option; there are json, images.")
        exclude.append({key: os.path.normpath(os.path.join(folder, value)) for key, value in other.items()})
    entry["exclude"] = exclude
    return entry


def _classes(entries, where):
    if not isinstance(entries, list) or not 0 < len(entries) <= CLASSES_AT_MOST:
        raise DataError(f"{where}: classes must be a list of 1 to {CLASSES_AT_MOST}.")
    for i, entry in enumerate(entries):
        entry = _object(entry, f"{where}: classes[{i}]")
        if entry.get("id") != i:
            raise DataError(f"{where}: classes[{i}].id is {entry.get('id')!r}; ids count from 0.")
        if not isinstance(entry.get("name"), str) or not entry["name"]:
            raise DataError(f"{where}: classes[{i}].name must be a string.")
        if entry.get("isthing") not in (True, False):
            raise DataError(f"{where}: classes[{i}].isthing must be true or false.")
        if not re.fullmatch(r"#[0-9a-fA-F]{6}", str(entry.get("color"))):
            raise DataError(f"{where}: classes[{i}].color: {entry.get('color')!r} is not of the form #rrggbb.")
    names = [entry["name"] for entry in entries]
    if len(set(names)) < len(names):
        raise DataError(f"{where}: classes: {next(name for name in names if names.count(name) > 1)!r} is there twice.")
    return [{**entry, "isthing": bool(entry["isthing"])} for entry in entries]


def _statistics(options, init, folder):
    """Mean and deviation: the configuration's, else those that the checkpoint was trained with."""
    preprocessor = {}
    if isinstance(init, str):
        path = os.path.join(folder, init, "preprocessor_config.json")
        preprocessor = read_json(path, DataError) if os.path.exists(path) else {}
    for key, name in (("mean", "image_mean"), ("std", "image_std")):
        value = options[key] if options[key] is not None else preprocessor.get(name, [0.5] * 3)
        if not isinstance(value, list) or len(value) != 3 or not all(_is_number(x) and 0 <= x <= 10 for x in value) or (key == "std" and min(value) < 1e-3):
            raise DataError(f"data.{key}: {value!r} is not three numbers of 0 to 10{', above 0.001' if key == 'std' else ''}.")
        options[key] = value


def _object(value, where):
    if not isinstance(value, dict):
        raise DataError(f"{where} must be a JSON object.")
    return value


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value == value


def _number(options, key, least, most, whole=False):
    value = options[key]
    if not _is_number(value) or (whole and not isinstance(value, int)) or not least <= value <= most:
        raise DataError(f"data.{key}: {value!r} is not a {'whole ' if whole else ''}number of {least} to {most}.")


def _pair(options, key, least, most):
    value = options[key]
    if not isinstance(value, list) or len(value) != 2 or not all(map(_is_number, value)) or not least <= value[0] <= value[1] <= most:
        raise DataError(f"data.{key}: {value!r} is not two numbers of {least} to {most}, the smaller one first.")


def _string(entry, key, where):
    if not isinstance(entry.get(key), str) or not entry[key]:
        raise DataError(f"{where}.{key} must be a string.")


# ---------------------------------------------------------------------------------------------------------------------
# Sets: what a COCO file says about each image, as jobs that workers turn into prepared images.

class Job(NamedTuple):
    """One image to prepare."""
    name: str        # as the COCO file has it
    image: str       # path
    mask: str        # path of the panoptic PNG, or None
    width: int
    height: int
    segments: list   # panoptic: (id, class or -1); instances: (annotation id, segmentation, class or -1, crowd)


def read_coco(path):
    """A COCO file, whose whole numbers may be written as 96.0."""
    return _object(read_json(path, DataError, parse_float=lambda text: int(float(text)) if float(text).is_integer() else float(text)), path)


def read_set(entry, classes, log=print):
    """Jobs of a set, in the file's order. Errors come together, a line for each wrong entry. What pycocotools passes over, and objects
    that nothing can be drawn of, are left out with one line for each reason, as in ecom2f derive (docs/data-sets.md)."""
    path = entry["json"]
    coco = read_coco(path)
    errors, left_out = [], {}
    used = {item.get("category_id") for annotation in _list(coco, "annotations", path) for item in [annotation, *(annotation.get("segments_info") or [])]}
    index = {item["name"]: i for i, item in enumerate(classes)}
    categories = {}  # category id -> class, -1 for void
    for category in _list(coco, "categories", path):
        name = category.get("name")
        mapping = entry["mapping"]
        if category.get("id") not in used:
            continue
        if mapping is None and name not in index:
            errors.append(f"categories: {name!r} is not the name of a class, and the set has no mapping.")
        elif mapping is not None and name not in mapping:
            errors.append(f"categories: {name!r} has no entry in the mapping; null makes it void.")
        else:
            target = name if mapping is None else mapping[name]
            categories[category.get("id")] = -1 if target is None else index[target]
            if target is not None and entry["kind"] == "coco_instances" and not classes[index[target]]["isthing"]:
                errors.append(f"categories: {name!r} becomes {target!r}; objects cannot become stuff.")
    _report(errors, path)

    images = {}
    for i, image in enumerate(_list(coco, "images", path)):
        where = f"images[{i}] ({image.get('file_name', image.get('id'))})"
        if not isinstance(image.get("file_name"), str) or "id" not in image:
            errors.append(f"{where}: file_name or id is missing.")
        elif image["id"] in images:
            errors.append(f"{where}: id {image['id']} is there twice.")
        elif not all(isinstance(image.get(key), int) and image[key] > 0 for key in ("width", "height")):
            errors.append(f"{where}: width and height must be whole numbers above 0.")
        else:
            images[image["id"]] = (image, [])
    for i, annotation in enumerate(_list(coco, "annotations", path)):
        where = f"annotations[{i}] (image {annotation.get('image_id')})"
        if annotation.get("image_id") not in images:
            left_out.setdefault("image_id is not in images", []).append(annotation.get("id", annotation.get("image_id")))
        elif entry["kind"] == "coco_instances" and (reason := _why_left_out(annotation, categories)):
            left_out.setdefault(reason, []).append(annotation.get("id"))
        else:
            images[annotation["image_id"]][1].append((where, annotation))
    read = _panoptic_job if entry["kind"] == "coco_panoptic" else _instances_job
    jobs = [read(entry, image, annotations, classes, categories, errors) for image, annotations in images.values()]
    _report(errors, path)
    if coco["annotations"] and sum(map(len, left_out.values())) == len(coco["annotations"]):
        raise DataError(f"{path}: none of its {len(coco['annotations'])} annotations can be used: {'; '.join(left_out)}.")
    for reason, ids in left_out.items():
        log(f"{path}: {len(ids)} entries are left out ({reason}): {', '.join(map(str, ids[:3]))}{', ...' if len(ids) > 3 else ''}")
    return jobs


def _why_left_out(annotation, categories):
    segmentation = annotation.get("segmentation")
    if annotation.get("category_id") not in categories:
        return "category_id is not in categories"
    if isinstance(segmentation, list) and not any(isinstance(polygon, list) and len(polygon) > 4 for polygon in segmentation):
        return "segmentation has no polygon of three points"
    return None


def _panoptic_job(entry, image, annotations, classes, categories, errors):
    if len(annotations) != 1:
        errors.append(f"{image['file_name']}: has {len(annotations)} entries in annotations; one is wanted.")
        return None
    where, annotation = annotations[0]
    segments = []
    for segment in annotation.get("segments_info") or []:
        here = f"{where}: segment {segment.get('id')}"
        if not isinstance(segment.get("id"), int) or not 0 < segment["id"] < 1 << 24 or segment["id"] in [s[0] for s in segments]:
            errors.append(f"{here}: its id is not a whole number of 1 to 16777215, or there twice.")
        elif segment.get("category_id") not in categories:
            errors.append(f"{here}: category_id {segment.get('category_id')} is unknown.")
        else:
            target = categories[segment["category_id"]]
            crowd = segment.get("iscrowd") and target >= 0 and classes[target]["isthing"]  # stuff has no objects to crowd
            segments.append((segment["id"], -1 if crowd else target))
    mask = annotation.get("file_name")
    if not isinstance(mask, str):
        errors.append(f"{where}: file_name is missing.")
        return None
    return Job(image["file_name"], os.path.join(entry["images"], image["file_name"]), os.path.join(entry["masks"], mask), image["width"], image["height"], segments)


def _instances_job(entry, image, annotations, classes, categories, errors):
    segments = []
    for where, annotation in annotations:
        where = f"{where}: id {annotation.get('id')}"
        if not annotation.get("segmentation"):
            errors.append(f"{where}: segmentation is missing or empty.")
        else:
            crowd = bool(annotation.get("iscrowd"))
            segments.append((annotation.get("id"), annotation["segmentation"], -1 if crowd else categories[annotation["category_id"]], crowd))
    return Job(image["file_name"], os.path.join(entry["images"], image["file_name"]), None, image["width"], image["height"], segments)


def _list(coco, key, path):
    value = coco.get(key)
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise DataError(f"{path}: {key} must be a list of objects.")
    return value


def _report(errors, path):
    if errors:
        more = [f"and {len(errors) - ERRORS_AT_MOST} more."] if len(errors) > ERRORS_AT_MOST else []
        raise DataError("\n".join(f"{path}: {line}" for line in errors[:ERRORS_AT_MOST] + more))


def polygon_mask(points, height, width):
    """Pixels whose centre a polygon [x0, y0, x1, y1, ...] holds, by the even-odd rule. bool [H, W]."""
    try:
        points = np.asarray(points, np.float64).reshape(-1, 2)
    except (TypeError, ValueError) as error:
        raise DataError("a polygon is not a list of an even number of numbers.") from error
    if len(points) < 3 or not np.isfinite(points).all():
        raise DataError(f"a polygon has {len(points)} points, or some that are not finite; three or more are wanted.")
    x0, y0 = points.T
    x1, y1 = np.roll(points, -1, 0).T
    first = np.clip(np.ceil(np.minimum(y0, y1) - 0.5), 0, height).astype(int)  # rows whose centre y + 0.5 lies in [min, max)
    last = np.clip(np.ceil(np.maximum(y0, y1) - 0.5), 0, height).astype(int)
    edge = np.repeat(np.arange(len(points)), last - first)                     # one entry per edge and row that it crosses
    row = np.arange(len(edge)) - np.repeat(np.cumsum(last - first) - (last - first), last - first) + first[edge]
    x = x0[edge] + (row + 0.5 - y0[edge]) * (x1 - x0)[edge] / (y1 - y0)[edge]
    toggles = np.zeros((height, width + 1), np.int32)
    np.add.at(toggles, (row, np.clip(np.ceil(x - 0.5), 0, width).astype(int)), 1)
    return (np.cumsum(toggles, 1)[:, :width] & 1).astype(bool)


def rle_mask(rle, height, width):
    """Run lengths, in columns, beginning with zeros; as numbers or as COCO's text. bool [H, W]."""
    if rle.get("size") != [height, width]:
        raise DataError(f"its run lengths are of size {rle.get('size')}, the image of [{height}, {width}].")
    counts = rle.get("counts")
    if isinstance(counts, str):
        counts = _rle_counts(counts)
    if not isinstance(counts, list) or not all(isinstance(count, int) and count >= 0 for count in counts) or sum(counts) != height * width:
        raise DataError(f"its run lengths are not whole numbers that add up to {height * width}.")
    return np.repeat(np.arange(len(counts)) % 2 == 1, counts).reshape(width, height).T


def _rle_counts(text):
    """COCO's text: five bits a character, least first, 0x20 says that more follow; from the third on differences to the one before last."""
    counts, value, shift = [], 0, 0
    for character in text:
        code = ord(character) - 48
        if not 0 <= code < 64:
            raise DataError(f"its run lengths have {character!r}, which COCO's text does not use.")
        value |= (code & 0x1F) << shift
        shift += 5
        if not code & 0x20:
            if code & 0x10:
                value -= 1 << shift
            counts.append(value + counts[-2] if len(counts) > 2 else value)
            value, shift = 0, 0
    if shift:
        raise DataError("its run lengths end in the middle of a number.")
    return counts


# ---------------------------------------------------------------------------------------------------------------------
# Preparation: shards NAME-KEY-000.bin of JPEGs and PNGs one after the other, and the index NAME.json that says where.

def decode(path_or_file):
    """An image as serving sees it: upright, sRGB, 8 bits, three channels, alpha dropped."""
    with Image.open(path_or_file) as image:
        image.load()
        image = ImageOps.exif_transpose(image)
    profile = image.info.get("icc_profile")
    if profile and (image.mode == "CMYK" or (b"sRGB" not in profile and "sRGB".encode("utf-16-be") not in profile)):
        try:
            return ImageCms.profileToProfile(image, ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB"),
                                             renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC, outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
            pass  # a profile that does not fit the image says nothing about it
    if image.mode.startswith("I"):  # 16 bits of grey
        return Image.fromarray((np.asarray(image).astype(np.int32) >> 8).clip(0, 255).astype(np.uint8)).convert("RGB")
    return image.convert("RGB")


def nearest(ids, height, width):
    """An id map at another size: the pixel under each new pixel's centre."""
    rows = ((np.arange(height) + 0.5) * (ids.shape[0] / height)).astype(int)
    columns = ((np.arange(width) + 0.5) * (ids.shape[1] / width)).astype(int)
    return ids[rows[:, None], columns]


def segment_ids(job, isthing):
    """Id map [H, W] (int32) of a job, and the classes of ids 1, 2, ..."""
    if job.mask is None:
        ids, classes = _paint_instances(job)
    else:
        ids, classes = _read_panoptic(job, isthing)
    if len(classes) > SEGMENTS_AT_MOST:
        raise DataError(f"has {len(classes)} segments; {SEGMENTS_AT_MOST} are the limit.")
    return ids, classes


def _read_panoptic(job, isthing):
    with Image.open(job.mask) as image:
        rgb = np.asarray(image.convert("RGB")).astype(np.int32)
    if rgb.shape[:2] != (job.height, job.width):
        raise DataError(f"its mask is of size {rgb.shape[1]} x {rgb.shape[0]}, the JSON file says {job.width} x {job.height}.")
    found, inverse = np.unique(rgb[..., 0] + 256 * rgb[..., 1] + 65536 * rgb[..., 2], return_inverse=True)
    by_id, classes, stuff = dict(job.segments), [], {}
    table = np.zeros(len(found), np.int32)
    for i, value in enumerate(found.tolist()):
        if value == 0:
            continue
        if value not in by_id:
            raise DataError(f"its mask has the id {value}, which segments_info does not list.")
        target = by_id.pop(value)
        if target < 0:
            continue
        if target in stuff:
            table[i] = stuff[target]
            continue
        classes.append(target)
        table[i] = len(classes)
        if not isthing[target]:
            stuff[target] = len(classes)
    if by_id:
        raise DataError(f"segment {min(by_id)} has no pixels in its mask.")
    return table[inverse].reshape(job.height, job.width), classes


def _paint_instances(job):
    masks = []
    for number, segmentation, target, crowd in job.segments:
        try:
            if isinstance(segmentation, dict):
                mask = rle_mask(segmentation, job.height, job.width)
            elif isinstance(segmentation, list) and segmentation and isinstance(segmentation[0], list):
                mask = np.zeros((job.height, job.width), bool)
                for points in segmentation:
                    if len(points) >= 6:  # shorter ones cover nothing; an odd last number has no partner, as in pycocotools
                        mask |= polygon_mask(points[:len(points) // 2 * 2], job.height, job.width)
            else:
                raise DataError("its segmentation is neither polygons nor run lengths.")
        except DataError as error:
            raise DataError(f"annotation {number}: {error}") from error
        # A crowd lies below: single objects in it are labelled. An object smaller than every pixel's centre is no object here.
        if mask.any():
            masks.append((not crowd, -int(mask.sum()), len(masks), mask, target))
    ids, classes = np.zeros((job.height, job.width), np.int32), []
    for _, _, _, mask, target in sorted(masks, key=lambda item: item[:3]):
        if target >= 0:
            classes.append(target)
        ids[mask] = len(classes) if target >= 0 else 0
    return ids, classes


def _prepare_image(arguments):
    """Prepared bytes and record of a job, or the error's line. Runs in a worker."""
    job, isthing, shortest, quality, exclude = arguments
    try:
        with open(job.image, "rb") as file:
            content = file.read()
        digest = hashlib.sha256(content).hexdigest()
        image = decode(io.BytesIO(content))
        if image.size != (job.width, job.height):
            raise DataError(f"the image is of size {image.width} x {image.height} (upright), the JSON file says {job.width} x {job.height}.")
        if exclude is not None and exclude.holds(digest, gradients(image)):
            return job.name, None, "content"
        ids, classes = segment_ids(job, isthing)
        ratio = min(1.0, shortest / min(image.size))
        width, height = (max(1, round(side * ratio)) for side in image.size)
        ids = nearest(ids, height, width)
        kept = np.flatnonzero(np.bincount(ids.ravel(), minlength=len(classes) + 1)[1:])  # what is too small for this resolution goes
        table = np.zeros(len(classes) + 1, np.int32)
        table[kept + 1] = np.arange(1, len(kept) + 1)
        ids = table[ids].astype(np.uint8 if len(kept) < 256 else np.uint16)
        jpeg, png = io.BytesIO(), io.BytesIO()
        image.resize((width, height), Image.Resampling.BILINEAR).save(jpeg, "JPEG", quality=quality, optimize=True)
        Image.fromarray(ids).save(png, "PNG", compress_level=9)
        record = {"name": job.name, "size": [width, height], "classes": [classes[i] for i in kept],
                  "inputs": [_fingerprint(path) for path in (job.image, job.mask) if path]}
        return job.name, record, (jpeg.getvalue(), png.getvalue())
    except FileNotFoundError as error:
        return job.name, None, f"{job.name}: {error.filename} is missing."
    except Exception as error:  # whatever a decoder raises: the entry is named, the others are looked at too
        return job.name, None, f"{job.name}: {error}"


def _fingerprint(path):
    """[size, time of change, content]: the content is looked at again only where one of the others has changed."""
    status = os.stat(path)
    with open(path, "rb") as file:
        return [status.st_size, status.st_mtime_ns, hashlib.sha256(file.read()).hexdigest()]


def _same(path, fingerprint):
    try:
        status = os.stat(path)
        return status.st_size == fingerprint[0] and (status.st_mtime_ns == fingerprint[1] or _fingerprint(path)[2] == fingerprint[2])
    except OSError:
        return False


def gradients(image):
    """Whether each of 16 x 16 places is brighter than the one to its left: what stays of an image that is scaled or coded anew."""
    small = np.asarray(image.convert("L").resize((THUMBNAIL + 1, THUMBNAIL), Image.Resampling.BOX)).astype(int)
    return (small[:, 1:] > small[:, :-1]).ravel()


class Exclusion:
    """Images that must not be trained on, known by name and, where their folder is given, by content."""

    def __init__(self, entries):
        self.names, self.digests, self.thumbnails = set(), set(), []
        for entry in entries:
            for image in _list(read_coco(entry["json"]), "images", entry["json"]):
                name = image.get("file_name")
                if not isinstance(name, str):
                    raise DataError(f"{entry['json']}: images: {image.get('id')} has no file_name.")
                self.names.add(self.name(name))
                if "images" in entry:
                    path = os.path.join(entry["images"], name)
                    try:
                        with open(path, "rb") as file:
                            content = file.read()
                        self.digests.add(hashlib.sha256(content).digest())
                        self.thumbnails.append(gradients(decode(io.BytesIO(content))))
                    except OSError as error:
                        raise DataError(f"{entry['json']}: {name}: {path} cannot be read ({error}).") from error

    @staticmethod
    def name(name):
        """COCO's files are named by the image's id, some with a prefix: COCO_val2014_000000000042.jpg."""
        stem = os.path.splitext(os.path.basename(name))[0]
        number = re.search(r"\d{12}$", stem)
        return number.group() if number else stem

    def holds(self, digest, thumbnail):
        return bytes.fromhex(digest) in self.digests or any((thumbnail != other).sum() <= COPY_BITS for other in self.thumbnails)


def _key(entry, options):
    """What prepared data depends on, besides the contents of the inputs: 16 digits."""
    parts = [FORMAT, options["size"] * options["prepared_scale"], options["quality"], [[item["name"], item["isthing"]] for item in options["classes"]],
             entry["kind"], entry["mapping"], ["images" in other for other in entry["exclude"]]]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def _index_path(entry, options):
    return os.path.join(options["prepared"], entry["name"] + ".json")


def stale(entry, options):
    """Why a set's prepared data cannot be used, or None. Where the inputs are not there (another machine, say) options alone count."""
    path = _index_path(entry, options)
    if not os.path.exists(path):
        return "it is not there"
    try:
        index = read_json(path, DataError)
    except DataError:
        return "its index cannot be read"
    if index.get("format") != FORMAT or index.get("key") != _key(entry, options):
        return "options have changed"
    for shard in index["shards"]:
        file = os.path.join(options["prepared"], shard["file"])
        if not os.path.exists(file) or os.path.getsize(file) != shard["bytes"]:
            return f"{shard['file']} is missing or of another size"
    if not os.path.exists(entry["json"]):
        return None
    if len(index["files"]) != 1 + len(entry["exclude"]) or not all(map(_same, [entry["json"]] + [other["json"] for other in entry["exclude"]], index["files"])):
        return "its JSON file has changed"
    masks = {}
    if entry["kind"] == "coco_panoptic":
        coco = read_coco(entry["json"])
        masks = {annotation["image_id"]: annotation["file_name"] for annotation in coco["annotations"]}
        masks = {image["file_name"]: masks[image["id"]] for image in coco["images"]}
    for image in index["images"]:
        paths = [os.path.join(entry["images"], image["name"])] + ([os.path.join(entry["masks"], masks[image["name"]])] if masks else [])
        for file, fingerprint in zip(paths, image["inputs"]):
            if not _same(file, fingerprint):
                return f"{file} has changed"
    return None


def prepare(options, workers=None, log=print):
    """Prepares every set of resolved options whose prepared data is missing or stale. Returns the sets' indices."""
    indices = []
    for entry in options["sets"]:
        if stale(entry, options) is not None:
            with _lock(options["prepared"]):
                why = stale(entry, options)  # another run may have done it meanwhile
                if why is not None:
                    log(f"preparing {entry['name']}: {why}")
                    _prepare_set(entry, options, os.cpu_count() if workers is None else workers, log)
        index = read_json(_index_path(entry, options), DataError)
        if not index["images"]:
            raise DataError(f"set {entry['name']}: no images are left ({index['excluded']} excluded).")
        indices.append(index)
    return indices


@contextlib.contextmanager
def _lock(folder):
    """Runs that share a folder prepare one after the other."""
    try:
        os.makedirs(folder, exist_ok=True)
        file = open(os.path.join(folder, ".lock"), "w", encoding="utf-8")
    except OSError as error:
        raise DataError(f"data.prepared: {folder} cannot be written ({error.strerror}).") from error
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _prepare_set(entry, options, workers, log):
    files = [_fingerprint_or_error(path) for path in [entry["json"]] + [other["json"] for other in entry["exclude"]]]
    jobs = read_set(entry, options["classes"], log)
    exclude = Exclusion(entry["exclude"]) if entry["exclude"] else None
    wanted = [job for job in jobs if exclude is None or Exclusion.name(job.name) not in exclude.names]
    excluded = {"name": len(jobs) - len(wanted), "content": 0}
    isthing = [item["isthing"] for item in options["classes"]]
    arguments = [(job, isthing, options["size"] * options["prepared_scale"], options["quality"], exclude) for job in wanted]
    key, images, errors, shards = _key(entry, options), [], [], []
    writer = _Shards(options["prepared"], f"{entry['name']}-{key}", shards)
    start = shown = time.monotonic()
    with _pool(min(workers, len(wanted))) as imap:
        for done, (name, record, result) in enumerate(imap(_prepare_image, arguments), 1):
            if record is not None:
                images.append({**record, **writer.add(*result)})
            elif result == "content":
                excluded["content"] += 1
            else:
                errors.append(result)
            if time.monotonic() - shown > 5:
                shown = time.monotonic()
                log(f"  {done} of {len(wanted)} images, {done / (shown - start):.0f} a second")
    _report(errors, entry["json"])
    writer.close()
    index = {"format": FORMAT, "key": key, "files": files, "excluded": excluded, "shards": shards, "images": images}
    write_file(_index_path(entry, options), json.dumps(index, separators=(",", ":")).encode())
    for file in os.listdir(options["prepared"]):  # of an earlier preparation, or of one that was ended
        if re.fullmatch(re.escape(entry["name"]) + r"-[0-9a-f]{16}-\d{3,}\.bin(\.tmp)?", file) and file not in [shard["file"] for shard in shards]:
            os.remove(os.path.join(options["prepared"], file))
    total = sum(shard["bytes"] for shard in shards)
    left_out = f", {excluded['name']} excluded by name and {excluded['content']} by content" if exclude else ""
    log(f"  {len(images)} images{left_out}, {sum(len(image['classes']) for image in images)} segments, {total / 1e6:.1f} MB in {len(shards)} files, {time.monotonic() - start:.1f} s")


def _fingerprint_or_error(path):
    try:
        return _fingerprint(path)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}), and there is no prepared data that fits the options.") from error


class _Shards:
    """Appends to files that stay below SHARD_BYTES, each under a temporary name until it is whole."""

    def __init__(self, folder, prefix, shards):
        self.folder, self.prefix, self.shards, self.parts, self.bytes = folder, prefix, shards, [], 0

    def add(self, jpeg, png):
        if self.parts and self.bytes + len(jpeg) + len(png) > SHARD_BYTES:
            self.close()
        place = {"shard": len(self.shards), "offset": self.bytes, "jpeg": len(jpeg), "png": len(png)}
        self.parts += [jpeg, png]
        self.bytes += len(jpeg) + len(png)
        return place

    def close(self):
        if self.parts:
            file = f"{self.prefix}-{len(self.shards):03}.bin"
            write_file(os.path.join(self.folder, file), b"".join(self.parts))
            self.shards.append({"file": file, "bytes": self.bytes})
            self.parts, self.bytes = [], 0


def write_file(path, content):
    """All or nothing: under a temporary name, then renamed."""
    with open(path + ".tmp", "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(path + ".tmp", path)


class _pool:
    """imap over processes that end with their parent, however it ends; in this process where one would do."""

    def __init__(self, workers):
        self.pool = multiprocessing.get_context("fork").Pool(workers, _pool_worker, (os.getpid(),)) if workers > 1 else None

    def __enter__(self):
        return map if self.pool is None else lambda function, items: self.pool.imap(function, items, chunksize=4)

    def __exit__(self, kind, *_):
        if self.pool is not None:
            if kind is None:
                self.pool.close()
            else:
                self.pool.terminate()
            self.pool.join()


def _pool_worker(parent):
    signal.signal(signal.SIGINT, signal.SIG_IGN)   # the parent's to answer
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # not with the parent's handler
    _end_with(parent)


def _end_with(parent):
    def watch():
        while os.getppid() == parent:
            time.sleep(PARENT_CHECK_SECONDS)
        os._exit(1)
    threading.Thread(target=watch, daemon=True).start()


# ---------------------------------------------------------------------------------------------------------------------
# Batches: workers decode and augment, the parent (or its device) makes masks of id maps.

class Target(NamedTuple):
    """Truth of one image, at the batch's size H x W."""
    masks: torch.Tensor         # bool [N, H, W], one per segment; N may be 0
    classes: torch.Tensor       # int64 [N]
    labelled: torch.Tensor      # bool [H, W]: False in void and in padding
    inside: torch.Tensor        # bool [H, W]: False in padding
    full_classes: torch.Tensor  # bool [C]: classes that this image's set labels everywhere


class Samples:
    """Raw batch t as dataset[t]: what workers make. Small enough to be copied: uint8 pixels [B, 3, S, S] and id maps [B, S, S]."""

    def __init__(self, options, indices, seed):
        self.options, self.indices, self.seed = options, indices, seed
        weights = np.array([entry["weight"] for entry in options["sets"]], np.float64)
        self.bounds = np.cumsum(weights / weights.sum())
        self.files = {}

    def __getitem__(self, iteration):
        try:
            samples = [self.sample(iteration, i) for i in range(self.options["batch"])]
        except DataError as error:
            return str(error)  # for the parent to raise: a worker's exception would arrive wrapped in its traceback
        images, ids, classes, boxes, sets = zip(*samples)
        dtype = np.uint8 if max(map(len, classes)) < 256 else np.int16
        images = np.ascontiguousarray(np.stack(images).transpose(0, 3, 1, 2))
        return torch.from_numpy(images), torch.from_numpy(np.stack(ids).astype(dtype)), list(classes), list(boxes), list(sets)

    def sample(self, iteration, i):
        """Image [S, S, 3] uint8, ids [S, S], classes of ids 1, 2, ..., box (y0, y1, x0, x1) outside which is padding, set."""
        rng = np.random.default_rng([self.seed, iteration, i])
        which = min(int(np.searchsorted(self.bounds, rng.random(), side="right")), len(self.bounds) - 1)
        index = self.indices[which]
        record = index["images"][int(rng.random() * len(index["images"]))]
        try:
            image, ids = self.read(index, record)
            return (*augment(image, ids, record["classes"], self.options, rng), which)
        except Exception as error:  # damaged files raise many things; each is named by its image
            raise DataError(f"set {self.options['sets'][which]['name']}, image {record['name']}: {error}") from error

    def read(self, index, record):
        path = os.path.join(self.options["prepared"], index["shards"][record["shard"]]["file"])
        if path not in self.files:
            self.files[path] = os.open(path, os.O_RDONLY)
        content = os.pread(self.files[path], record["jpeg"] + record["png"], record["offset"])
        image = Image.open(io.BytesIO(content[:record["jpeg"]]))
        ids = np.asarray(Image.open(io.BytesIO(content[record["jpeg"]:])))
        if image.size != tuple(record["size"]) or ids.shape != image.size[::-1]:
            raise DataError("its prepared data is damaged.")
        return image, ids

    def __getstate__(self):  # open files stay behind
        return {**self.__dict__, "files": {}}


def augment(image, ids, classes, options, rng):
    """Scale, crop or pad, flip and colour, drawn from rng. image: PIL, RGB. See Samples.sample."""
    size = options["size"]
    scale, flip, *colour = rng.random(5)
    least, most = options["scale"]
    ratio = size * least * (most / least) ** scale / min(image.size)
    full = [max(1, round(side * ratio)) for side in image.size]  # of the whole image, width and height
    for _ in range(CROP_TRIES):
        # Along each axis: offset of the crop in the image, or, where the image is smaller, of the image in the crop.
        slack = [int(rng.random() * (abs(side - size) + 1)) for side in full]
        shown = [min(side, size) for side in full]
        begin = [offset if side > size else 0 for side, offset in zip(full, slack)]
        rows, columns = (((np.arange(shown[a]) + begin[a] + 0.5) * (image.size[a] / full[a])).astype(int) for a in (1, 0))
        crop = ids[rows[:, None], columns]
        counts = np.bincount(crop.ravel(), minlength=len(classes) + 1)[1:]
        kept = np.flatnonzero(counts >= options["min_pixels"])
        if len(kept):
            break
    table = np.zeros(len(classes) + 1, np.int32)
    table[kept + 1] = np.arange(1, len(kept) + 1)
    crop = table[crop]
    box = [edge * image.size[a] / full[a] for edge, a in ((begin[0], 0), (begin[1], 1), (begin[0] + shown[0], 0), (begin[1] + shown[1], 1))]
    image = image.resize(tuple(shown), Image.Resampling.BILINEAR, box=(box[0], box[1], min(box[2], image.width), min(box[3], image.height)))
    image = np.asarray(jitter_colour(image, colour, options))
    if flip < options["flip"]:
        image, crop = image[:, ::-1], crop[:, ::-1]
    x, y = (offset if side < size else 0 for side, offset in zip(full, slack))
    box = (y, y + shown[1], x, x + shown[0])
    pixels, padded = np.zeros((size, size, 3), np.uint8), np.zeros((size, size), np.int32)
    pixels[box[0]:box[1], box[2]:box[3]] = image
    padded[box[0]:box[1], box[2]:box[3]] = crop
    return pixels, padded, [classes[i] for i in kept], box


def jitter_colour(image, draws, options):
    """Brightness, contrast (about the mean grey), saturation (about each pixel's grey): all linear, so one matrix."""
    b, c, s = (1 + options[key] * (2 * draw - 1) for key, draw in zip(("brightness", "contrast", "saturation"), draws))
    if b == c == s == 1:
        return image
    grey = np.array([0.299, 0.587, 0.114])
    matrix = b * c * (s * np.eye(3) + (1 - s) * np.tile(grey, (3, 1)))
    offset = (1 - c) * b * float(np.asarray(image.convert("L")).mean())
    return image.convert("RGB", tuple(np.column_stack([matrix, np.full(3, offset)]).ravel().tolist()))


class Batches:
    """Iterates over (pixel_values float32 [B, 3, H, W], normalised, 0 in padding; B targets), for ever.

    config: resolved options. start: the first iteration. workers: processes that decode and augment; 0 does it here.
    device: where tensors go; id maps become masks there. close() ends the workers; so does the end of this process, whatever ends it.
    """

    def __init__(self, config, start, seed, workers, device="cpu", log=print):
        self.options, self.device = config, torch.device(device)
        self.indices = prepare(config, log=log)
        mean, std = (torch.tensor(config[key], dtype=torch.float32, device=self.device) * 255 for key in ("mean", "std"))
        self.mean, self.std = mean[:, None, None], std[:, None, None]
        self.full = [torch.tensor(entry["full_classes"], device=self.device) for entry in config["sets"]]
        cuda = self.device.type == "cuda"
        options = {"prefetch_factor": PREFETCH, "multiprocessing_context": "fork", "worker_init_fn": _batch_worker(os.getpid())} if workers else {}
        self.iterators = []  # one; emptying the list ends its workers. That comes before multiprocessing would wait for them at exit
        atexit.register(self.iterators.clear)
        self.iterators.append(iter(torch.utils.data.DataLoader(Samples(config, self.indices, seed), batch_size=None, sampler=itertools.count(start),
                                                                  num_workers=workers, collate_fn=_as_is, pin_memory=cuda, **options)))

    def __iter__(self):
        return self

    def __next__(self):
        if not self.iterators:
            raise StopIteration
        batch = next(self.iterators[0])
        if isinstance(batch, str):
            self.close()
            raise DataError(batch)
        images, ids, classes, boxes, sets = batch
        images, ids = (tensor.to(self.device, non_blocking=True) for tensor in (images, ids))
        inside = torch.zeros(ids.shape, dtype=torch.bool, device=self.device)
        for i, (y0, y1, x0, x1) in enumerate(boxes):
            inside[i, y0:y1, x0:x1] = True
        pixel_values = images.float().sub_(self.mean).div_(self.std).mul_(inside[:, None])
        numbers = torch.arange(1, 1 + max(map(len, classes)), dtype=ids.dtype, device=self.device)[:, None, None]
        together = torch.tensor(list(itertools.chain(*classes)), dtype=torch.int64).to(self.device, non_blocking=True)
        labelled = ids > 0
        return pixel_values, [Target(ids[i] == numbers[:len(own)], own, labelled[i], inside[i], self.full[sets[i]])
                              for i, own in enumerate(together.split([len(own) for own in classes]))]

    def close(self):
        self.iterators.clear()
        atexit.unregister(self.iterators.clear)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def _as_is(batch):
    return batch


class _batch_worker:
    """Signals to the whole group (Ctrl-C, a scheduler's SIGTERM) are the parent's to answer: it may want to finish its iteration."""

    def __init__(self, parent):
        self.parent = parent

    def __call__(self, _):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        _end_with(self.parent)


# ---------------------------------------------------------------------------------------------------------------------

def preview(options, path, seed=0):
    """The first batch, each image beside its segments in their classes' colours; void black, padding grey."""
    with Batches(options, 0, seed, 0) as batches:
        pixel_values, targets = next(batches)
        mean, std = batches.mean, batches.std
    colours = [tuple(bytes.fromhex(item["color"][1:])) for item in options["classes"]]
    rows = []
    for image, target in zip(pixel_values, targets):
        photo = (image * std + mean).permute(1, 2, 0).clamp(0, 255).round().byte().numpy()
        truth = np.zeros_like(photo)
        for i, (mask, target_class) in enumerate(zip(target.masks.numpy(), target.classes.tolist())):
            truth[mask] = np.array(colours[target_class]) * (1 - 0.12 * (i % 4))  # neighbours of a class differ a little
        truth[~target.inside.numpy()] = 128
        rows.append(np.concatenate([photo, truth], 1))
    picture = io.BytesIO()
    Image.fromarray(np.concatenate(rows)).save(picture, "PNG")
    write_file(path, picture.getvalue())


def main():
    parser = argparse.ArgumentParser(description="Prepares the data that a training configuration names.")
    parser.add_argument("config")
    parser.add_argument("--preview", metavar="OUT.png", help="draw the first batch and its segments")
    arguments = parser.parse_args()
    try:
        options = resolve(_object(read_json(arguments.config, DataError), arguments.config), os.path.dirname(os.path.abspath(arguments.config)))
        indices = prepare(options)
        for entry, index in zip(options["sets"], indices):
            print(f"{entry['name']}: {len(index['images'])} images, weight {entry['weight']:g}, excluded {index['excluded']['name']} by name and {index['excluded']['content']} by content")
        if arguments.preview:
            preview(options, arguments.preview)
    except DataError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
