#!/usr/bin/env python3
"""Step A: trains a Mask2Former so that its encoder may stop after any layer.

    python3 src/training/train.py CONFIG.json [--train.minutes 30] [--output FOLDER] ...

Each iteration draws one exit; backbone, the encoder's layers up to it and the one decoder that all exits share are trained on
it, with a weight that grows with its depth. The run needs nothing but its file, may be killed at any moment, and goes on where
it was when it is started again; a run that is finished says so and does nothing. It leaves in its output folder

    log.txt, metrics.csv   for people; one row per iteration
    state/                 the last saved state: weights, their moving average, optimiser's moments, each in files under 16 MB
    exports/ITERATION/     checkpoints on the way, where export_every asks for them
    checkpoint/            at the end: a folder that `ecom2f compile` takes

In this file: options, exits, optimiser, saved state, log, the loop, profile, command line. Needs PyTorch 1.13 or newer, numpy
and scipy.
"""
import argparse
import contextlib
import ctypes.util
import csv
import fcntl
import glob
import hashlib
import json
import math
import os
import shutil
import signal
import sys
import time

MALLOC_ASKED = "ECOM2F_TCMALLOC"  # 0: stay with the C library's malloc; else set by this file, so that it restarts once


def preload_tcmalloc():
    """Starts this process again with tcmalloc, where it is installed: glibc gives large tensors back to the system when they are
    freed and zeroes their pages anew, which costs more than a third of a step. Returns what to tell the user, if anything."""
    if not sys.platform.startswith("linux") or os.environ.get(MALLOC_ASKED) == "0":
        return None
    with open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:
        if any(name in line for line in maps for name in ("tcmalloc", "jemalloc", "mimalloc")):
            return None
    library = next(iter(glob.glob("/usr/lib/*-linux-gnu/libtcmalloc_minimal.so.4")), None) or ctypes.util.find_library("tcmalloc_minimal")
    if library is None or os.environ.get(MALLOC_ASKED):
        return "tcmalloc is not loaded; steps are faster with it on a CPU: apt-get install libtcmalloc-minimal4 (this program then loads it by itself)"
    preload = " ".join(filter(None, [library, os.environ.get("LD_PRELOAD")]))
    sys.stdout.flush()
    os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "LD_PRELOAD": preload, MALLOC_ASKED: "1"})


if __name__ == "__main__":
    MALLOC_NOTE = preload_tcmalloc()  # before PyTorch is loaded, which takes seconds
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # threads that wait by spinning take the cores from the data's workers

import numpy as np
import torch

import data
import losses
import model as network
from json_file import read_json

# ---------------------------------------------------------------------------------------------------------------------
# Options: config["train"], each with its default, what is allowed, and what it is. The rest of the file's keys are in KEYS;
# those of "data" are in data.py.

NUMBER, WHOLE = "number", "whole number"
TRAIN = {
    # how long; the schedule follows whichever budget ends first
    "iterations": (None, (WHOLE, 1, 10**9), "stop after so many iterations"),
    "minutes": (None, (NUMBER, 0.01, 1e6), "stop after so many minutes of training, over all restarts"),
    "seed": (1, (WHOLE, 0, 2**31 - 1), "of everything drawn; iteration t draws from (seed, t) alone"),
    # exits
    "exits": ("uniform", "exits", 'how the exit is drawn: "uniform", "last" (full depth only), or a list of one probability per exit, in any unit; 0 leaves one out'),
    "exit_weight": ([0.6, 0.4], "pair", "[a, b]: the loss of exit k of K is weighted with a + b k / K; [0, 1] grows in proportion to depth"),
    "distill": (0.0, (NUMBER, 0, 100), "weight of what the deepest exit teaches the drawn one in the same step; 0: it does not"),
    "distill_deep": (True, (bool,), "with distill: the deepest exit is trained on the ground truth too in each step, instead of only teaching"),
    # loss
    "class_weight": (losses.DEFAULTS["class_weight"], (NUMBER, 0, 1000), "of the class term, in loss and matching"),
    "mask_weight": (losses.DEFAULTS["mask_weight"], (NUMBER, 0, 1000), "of the masks' cross-entropy"),
    "dice_weight": (losses.DEFAULTS["dice_weight"], (NUMBER, 0, 1000), "of the masks' dice term"),
    "no_object_weight": (losses.DEFAULTS["no_object_weight"], (NUMBER, 0, 10), 'of a query without a segment in the class term'),
    "points": (losses.DEFAULTS["points"], (WHOLE, 16, 10**6), "per mask in the losses; 12544 is meant for masks of 256 x 256"),
    "match_points": (losses.DEFAULTS["match_points"], (WHOLE, 16, 10**6), "per image in the matching costs"),
    "oversample": (losses.DEFAULTS["oversample"], (NUMBER, 1, 100), "candidates per point chosen for its uncertainty"),
    "importance": (losses.DEFAULTS["importance"], (NUMBER, 0, 1), "share of points chosen for their uncertainty"),
    # optimiser
    "lr": (1e-4, (NUMBER, 0, 1), "AdamW's learning rate at the top"),
    "backbone_lr": (1e-5, (NUMBER, 0, 1), "the same for the backbone"),
    "final_lr": (0.0, (NUMBER, 0, 1), "where the cosine ends, as a fraction of the top"),
    "warmup": (100, (WHOLE, 0, 10**8), "iterations in which the rate grows from 0 to the top"),
    "weight_decay": (0.05, (NUMBER, 0, 10), "not on norms, biases and embeddings"),
    "clip": (0.01, (NUMBER, 0, 1e6), "largest norm of the whole gradient; 0: not clipped"),
    "ema": (0.999, (NUMBER, 0, 0.999999), "decay of the weights' moving average, which is what is exported; 0: the weights themselves"),
    # machine
    "device": ("auto", ("auto", "cpu", "cuda"), "auto: CUDA where there is one"),
    "precision": ("auto", ("auto", "fp32", "bf16"), "auto: bf16 autocast on CUDA, and on a CPU with AVX512-BF16 or AMX under PyTorch 2"),
    "channels_last": ("auto", ("auto", True, False), "weights in channels-last layout; auto: with bf16"),
    "threads": (0, (WHOLE, 0, 1024), "of PyTorch; 0: one per core that this process may use"),
    "workers": (2, (WHOLE, 0, 256), "processes that decode and augment"),
    # what is left behind
    "log_every": (20, (WHOLE, 1, 10**6), "iterations per line of the log"),
    "save_minutes": (3.0, (NUMBER, 0, 10**4), "between saved states; 0: after every iteration"),
    "export_every": (0, (WHOLE, 0, 10**9), "iterations between checkpoints under exports/; 0: only the one at the end"),
}
KEYS = {
    "output": (None, "folder of everything that the run leaves behind"),
    "init": (None, "checkpoint in Hugging Face's layout to start from"),
    "fresh": ([], "with init: beginnings of names of weights that start anew, not from the checkpoint"),
    "model": (None, "without init: the network as Hugging Face's config.json describes it; id2label comes from classes"),
    "backbone": (None, "without init: .npz file with a MobileNetV2's weights"),
    "classes": (None, "JSON file (or object) with classes (id, name, isthing, color) and the sets' mappings"),
    "preprocessor": (None, "what preprocessor_config.json is to hold; null: init's, or shortest edge data.size"),
    "postprocessing": (None, "what ecom2f.json is to hold as postprocessing; null: init's, or Mask2Former's own"),
    "licence": (None, "of the weights, for ecom2f.json; null: init's, or none"),
    "provenance": (None, "object of texts for ecom2f.json, beside what is known about the training itself; null: nothing more"),
    "data": (None, "see data.py"),
    "train": ({}, "see below"),
}
FULL_SIZE = 15_500_000     # bytes of tensors in a file of the state; with its header it stays below 16 MB
FAILED_STEPS = 10          # in a row without a finite gradient, then the run stops
DRAWS_EXIT = 0x65786974    # tells the exit's draw from those of images, which data.py numbers from 0
FORMAT = 1                 # of the state

# Where a step's gradient reaches fewer parameters than the network has, for deeper layers did not run, AdamW leaves those alone:
# no decay, no moment. Each parameter therefore counts its own steps.


class TrainError(Exception):
    """What a user can mend; the message names the key or the file and what is allowed."""


def check_option(key, value):
    default, allowed, _ = TRAIN[key]
    shown = f"train.{key} is {json.dumps(value, default=str)[:100]}; allowed: "
    if value is None and default is None:
        return
    if allowed == "exits":
        if value in ("uniform", "last") or (isinstance(value, list) and value and all(is_number(p) and 0 <= p < 1e9 for p in value) and sum(value) > 0):
            return
        raise TrainError(shown + '"uniform", "last", or a list of probabilities, one per exit, not all 0.')
    if allowed == "pair":
        if isinstance(value, list) and len(value) == 2 and all(is_number(p) and 0 <= p <= 1000 for p in value) and sum(value) > 0:
            return
        raise TrainError(shown + "two numbers from 0 to 1000, not both 0.")
    if allowed[0] == bool:
        if not isinstance(value, bool):
            raise TrainError(shown + "true or false.")
    elif allowed[0] in (NUMBER, WHOLE):
        kind, low, high = allowed
        if not is_number(value) or (kind == WHOLE and not isinstance(value, int)) or not low <= value <= high:
            raise TrainError(f"{shown}a {kind} from {low:g} to {high:g}.")
    elif not any(value == choice and isinstance(value, bool) == isinstance(choice, bool) for choice in allowed):
        raise TrainError(shown + ", ".join(json.dumps(choice) for choice in allowed) + ".")


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def read_config(path, overrides=()):
    """The file with defaults, checked, and the folder that its paths are relative to. overrides: (dotted key, value) pairs, whose
    paths are relative to the working directory."""
    config, folder = read_json(path, network.CheckpointError), os.path.dirname(os.path.abspath(path))
    if not isinstance(config, dict):
        raise TrainError(f"{path} must hold a JSON object.")
    for dotted, value in overrides:
        *parents, last = dotted.split(".")
        if dotted in ("output", "init", "backbone", "classes", "data.prepared") and isinstance(value, str):
            value = os.path.abspath(value)
        place = config
        for parent in parents:
            place = place.setdefault(parent, {})
            if not isinstance(place, dict):
                raise TrainError(f"--{dotted}: {parent} is no object.")
        place[last] = value
    for key in config:
        if key not in KEYS:
            raise TrainError(f"{path}: '{key}' is no key; there are {', '.join(KEYS)}.")
    config = {key: config.get(key, default) for key, (default, _) in KEYS.items()}
    if not isinstance(config["train"], dict):
        raise TrainError(f"{path}: train must be an object.")
    for key in config["train"]:
        if key not in TRAIN:
            raise TrainError(f"{path}: 'train.{key}' is no key; there are {', '.join(TRAIN)}.")
    config["train"] = {key: config["train"].get(key, default) for key, (default, _, _) in TRAIN.items()}
    for key, value in config["train"].items():
        check_option(key, value)
    if config["train"]["iterations"] is None and config["train"]["minutes"] is None:
        raise TrainError(f"{path}: train.iterations or train.minutes must say when to stop.")
    if not isinstance(config["output"], str) or not config["output"]:
        raise TrainError(f"{path}: output must name a folder.")
    for key in ("init", "backbone"):
        if config[key] is not None and not isinstance(config[key], str):
            raise TrainError(f"{path}: {key} must be a path or null.")
    for key in ("model", "preprocessor", "postprocessing", "provenance"):
        if config[key] is not None and not isinstance(config[key], dict):
            raise TrainError(f"{path}: {key} must be an object or null.")
    if (config["init"] is None) == (config["model"] is None):
        raise TrainError(f"{path}: one of init (a checkpoint to start from) and model (a network to start afresh) must be there, and not both.")
    if config["init"] is not None and config["backbone"] is not None:
        raise TrainError(f"{path}: backbone is for a network that starts afresh; init brings its own.")
    if not isinstance(config["fresh"], list) or not all(isinstance(beginning, str) and beginning for beginning in config["fresh"]):
        raise TrainError(f"{path}: fresh must be a list of beginnings of names.")
    if config["fresh"] and config["init"] is None:
        raise TrainError(f"{path}: fresh is for a network that starts from init; all of this one starts afresh.")
    for key in ("output", "init", "backbone"):
        if config[key] is not None:
            config[key] = os.path.normpath(os.path.join(folder, config[key]))
    data.resolve(config, folder)  # says now what is wrong with that part
    return config, folder


# ---------------------------------------------------------------------------------------------------------------------
# Exits


def exit_probabilities(option, exits):
    """[K], summing to 1."""
    if option == "uniform":
        return np.full(exits, 1 / exits)
    if option == "last":
        return np.eye(exits)[-1]
    if len(option) != exits:
        raise TrainError(f"train.exits has {len(option)} probabilities; the network has {exits} exits.")
    return np.array(option, np.float64) / sum(option)


def draw_exit(probabilities, seed, iteration):
    """From 1 to K, the same whenever this iteration is run."""
    rng = np.random.default_rng([seed, iteration, DRAWS_EXIT])
    return 1 + int(rng.choice(len(probabilities), p=probabilities))


def exit_weight(option, depth, exits):
    return option[0] + option[1] * depth / exits


def seed_iteration(seed, iteration):
    """PyTorch's generators, on every device, for one iteration: so no generator's state needs to be saved."""
    digest = hashlib.sha256(f"{seed} {iteration}".encode()).digest()
    torch.manual_seed(int.from_bytes(digest[:4], "little"))


# ---------------------------------------------------------------------------------------------------------------------
# Optimiser

EMBEDDINGS = ("queries_features", "queries_embedder", "level_embed", "relative_position_bias_table")


def parameter_groups(model, options):
    """AdamW's four groups: backbone or not, decayed or not."""
    groups = {}
    for name, parameter in model.named_parameters():
        backbone = name.startswith(network.ENCODER)
        decayed = parameter.dim() > 1 and not any(part in EMBEDDINGS for part in name.split("."))
        groups.setdefault((backbone, decayed), []).append(parameter)
    return [{"params": parameters, "top": options["backbone_lr"] if backbone else options["lr"], "weight_decay": options["weight_decay"] if decayed else 0.0}
            for (backbone, decayed), parameters in sorted(groups.items())]


def rate(options, iteration, seconds):
    """The factor on the learning rates: a warm-up by iterations, then a cosine over what is gone of the budget."""
    gone = max(iteration / options["iterations"] if options["iterations"] else 0.0, seconds / (60 * options["minutes"]) if options["minutes"] else 0.0)
    cosine = options["final_lr"] + (1 - options["final_lr"]) * 0.5 * (1 + math.cos(math.pi * min(gone, 1.0)))
    return cosine * min(1.0, (iteration + 1) / (options["warmup"] + 1))


def gradient_norm(gradients):
    return torch.stack(torch._foreach_norm(gradients)).norm()


@torch.no_grad()
def update_average(averages, parameters, decay, iteration):
    """averages += (1 - decay) (parameters - averages); the first iterations average over fewer."""
    decay = min(decay, (1 + iteration) / (10 + iteration)) if decay else 0.0
    torch._foreach_mul_(averages, decay)
    torch._foreach_add_(averages, [parameter.detach() for parameter in parameters], alpha=1 - decay)


# ---------------------------------------------------------------------------------------------------------------------
# Saved state: state/manifest.json names the files; they are written first and the manifest is renamed over the old one last, so
# whatever is killed when, a manifest is always there together with its files.


def split_parts(tensors):
    """Lists of {name: tensor}, each small enough for a file; a tensor too large for one is cut, its pieces called name@first."""
    parts, room = [{}], FULL_SIZE
    for name, tensor in tensors.items():
        flat, step = tensor.detach().reshape(-1), FULL_SIZE // 4
        pieces = {name: tensor.detach()} if len(flat) <= step else {f"{name}@{i}": flat[i:i + step] for i in range(0, len(flat), step)}
        for piece, values in pieces.items():
            if 4 * values.numel() > room:
                parts.append({})
                room = FULL_SIZE
            parts[-1][piece] = values
            room -= 4 * values.numel() + 300  # its entry in the header
    return parts


def join_parts(tensors, shapes):
    """What split_parts was given, from the union of its parts."""
    whole = {name: tensor for name, tensor in tensors.items() if "@" not in name}
    pieces = {}
    for name, tensor in tensors.items():
        if "@" in name:
            name, first = name.rsplit("@", 1)
            pieces.setdefault(name, []).append((int(first), tensor))
    for name, values in pieces.items():
        whole[name] = torch.cat([tensor for _, tensor in sorted(values, key=lambda piece: piece[0])]).reshape(shapes[name])
    return whole


def file_digest(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def write_text(path, text):
    with open(path + ".tmp", "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(path + ".tmp", path)


def save_state(folder, run):
    """run: Run. Costs the time to write four times the weights."""
    os.makedirs(folder, exist_ok=True)
    names = [name for name, _ in run.model.named_parameters()]
    states = [run.optimiser.state.get(parameter, {}) for parameter in run.parameters]
    seen = [(name, state) for name, state in zip(names, states) if state]
    kinds = {"weights": run.model.state_dict(), "average": dict(zip(names, run.averages)),
             "moments": {f"{kind}.{name}": state[kind] for name, state in seen for kind in ("exp_avg", "exp_avg_sq")}}
    files = {}
    for kind, tensors in kinds.items():
        for i, part in enumerate(split_parts(tensors)):
            name = f"{run.iteration:08}.{kind}.{i}.safetensors"
            network.write_safetensors(os.path.join(folder, name), part)
            files[name] = {"kind": kind, "bytes": os.path.getsize(os.path.join(folder, name)), "sha256": file_digest(os.path.join(folder, name))}
    sync_folder(folder)
    manifest = {"format": FORMAT, "iteration": run.iteration, "seconds": run.seconds(), "steps": {name: int(state["step"]) for name, state in seen},
                "shapes": {name: list(tensor.shape) for name, tensor in kinds["weights"].items()}, "files": files,
                "model": run.model.config, "config": run.config, "preprocessor": run.preprocessor, "sidecar": run.sidecar}
    write_text(os.path.join(folder, "manifest.json"), json.dumps(manifest, indent=1))
    sync_folder(folder)
    remove_strays(folder, manifest)


def sync_folder(folder):
    """Names reach the disk before what depends on them."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove_strays(folder, manifest):
    """What an earlier state or a killed save left behind."""
    for name in os.listdir(folder):
        if name not in manifest["files"] and name.endswith((".safetensors", ".tmp")):
            os.remove(os.path.join(folder, name))


def read_state(folder, kinds=("weights", "average", "moments")):
    """The manifest and, for each kind, its tensors by name; None where nothing was saved yet. A damaged file is an error."""
    path = os.path.join(folder, "manifest.json")
    if not os.path.exists(path):
        return None
    manifest = read_json(path, network.CheckpointError)
    if manifest.get("format") != FORMAT:
        raise TrainError(f"{path} is of format {manifest.get('format')}; this program reads {FORMAT}.")
    tensors = {kind: {} for kind in kinds}
    for name, entry in manifest["files"].items():
        if entry["kind"] in kinds:
            file = os.path.join(folder, name)
            if not os.path.exists(file) or os.path.getsize(file) != entry["bytes"] or file_digest(file) != entry["sha256"]:
                raise TrainError(f"{file} is missing or damaged; bring it back, or remove {folder} to start again.")
            tensors[entry["kind"]].update(network.read_safetensors(file))
    shapes = {prefix + name: shape for name, shape in manifest["shapes"].items() for prefix in ("", "exp_avg.", "exp_avg_sq.")}
    return manifest, {kind: join_parts(parts, shapes) for kind, parts in tensors.items()}


def export(folder, model, averages, preprocessor, sidecar):
    """The averaged weights as a checkpoint in Hugging Face's layout; the folder appears, or is replaced, in one piece."""
    parameters = dict(model.named_parameters())
    trained = {name: parameter.detach().clone() for name, parameter in parameters.items()}
    temporary, old = folder + ".tmp", folder + ".old"
    for stray in (temporary, old):
        shutil.rmtree(stray, ignore_errors=True)
    os.makedirs(os.path.dirname(os.path.abspath(folder)), exist_ok=True)
    with torch.no_grad():
        try:
            for name, average in averages.items():
                parameters[name].copy_(average)
            network.save(temporary, model, preprocessor=preprocessor, sidecar=sidecar)
        finally:
            for name, values in trained.items():
                parameters[name].copy_(values)
    if os.path.exists(folder):
        os.rename(folder, old)
    os.rename(temporary, folder)
    shutil.rmtree(old, ignore_errors=True)


# ---------------------------------------------------------------------------------------------------------------------
# Log

COLUMNS = ["iteration", "exit", "loss", "class", "mask", "dice", "taught", "rate", "gradient_norm", "images_per_second", "data_wait", "seconds"]


class Metrics:
    """metrics.csv, one row per iteration; opened at a saved iteration it drops the rows after it."""

    def __init__(self, path, iteration):
        rows = []
        if os.path.exists(path):
            with open(path, newline="", encoding="utf-8") as file:
                for row in csv.DictReader(file):
                    if len(rows) < iteration and str(row.get("iteration", "")).isdecimal() and int(row["iteration"]) <= iteration and row.get(COLUMNS[-1]):
                        rows.append(",".join(row[column] for column in COLUMNS))
        write_text(path, "".join(line + "\n" for line in [",".join(COLUMNS), *rows]))
        self.file = open(path, "a", encoding="utf-8")

    def add(self, row):
        self.file.write(",".join(f"{row[column]:.6g}" if isinstance(row[column], float) else str(row[column]) for column in COLUMNS) + "\n")

    def flush(self):
        self.file.flush()
        os.fsync(self.file.fileno())

    def close(self):
        self.file.close()


class Log:
    """To the screen and to log.txt."""

    def __init__(self, path=None):
        self.file = open(path, "a", encoding="utf-8") if path else None

    def close(self):
        self.file.close()

    def __call__(self, line):
        print(line, flush=True)
        if self.file:
            print(line, file=self.file, flush=True)


def duration(seconds):
    hours, rest = divmod(int(max(seconds, 0)), 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}"


# ---------------------------------------------------------------------------------------------------------------------
# The run


class Run:
    """What the loop works on: network, optimiser, averages, and where it stands."""

    def __init__(self, config, folder, log):
        self.config, self.log = config, log
        self.options = options = config["train"]
        self.data = data.resolve(config, folder)
        self.device = choose_device(options)
        if options["threads"] or self.device.type == "cpu":
            torch.set_num_threads(options["threads"] or len(os.sched_getaffinity(0)))
        self.bf16, why = choose_precision(options, self.device)
        self.channels_last = self.bf16 if options["channels_last"] == "auto" else options["channels_last"]
        self.state = os.path.join(config["output"], "state")
        self.iteration, self.before, self.started = 0, 0.0, time.monotonic()

        labels = [entry["name"] for entry in self.data["classes"]]
        saved = read_state(self.state)
        torch.manual_seed(options["seed"])
        if saved:
            self.model = network_of(saved[0]["model"], saved[1]["weights"])
            if self.model.labels != labels:
                raise TrainError(f"{self.state} was trained on other classes than the configuration's; change classes back, or choose another output.")
            self.preprocessor, self.sidecar = saved[0]["preprocessor"], saved[0]["sidecar"]
        else:
            self.model = start(config, labels)
            self.preprocessor, self.sidecar = describe(config, self.data)
        network.check_sidecar(self.sidecar, self.model)
        network.check_preprocessor(self.preprocessor)
        self.model.to(self.device).train()
        if self.channels_last:
            self.model.to(memory_format=torch.channels_last)
        self.parameters = list(self.model.parameters())
        self.optimiser = torch.optim.AdamW(parameter_groups(self.model, options), lr=0.0, foreach=True)
        self.averages = [parameter.detach().clone() for parameter in self.parameters]
        if saved:
            self.resume(*saved)
        self.probabilities = exit_probabilities(options["exits"], self.model.num_exits)
        self.things = torch.tensor([entry["isthing"] for entry in self.data["classes"]], device=self.device)
        self.term_weights = torch.tensor([options["class_weight"], options["mask_weight"], options["dice_weight"]], device=self.device)
        threads = f", {torch.get_num_threads()} threads" if self.device.type == "cpu" else f" ({torch.cuda.get_device_name(self.device)})"
        log(f"{sum(p.numel() for p in self.parameters) / 1e6:.2f} M parameters, {self.model.num_exits} exits drawn with {', '.join(f'{p:.3f}' for p in self.probabilities)}; "
            f"PyTorch {torch.__version__} on {self.device.type}{threads}, {'bf16' if self.bf16 else 'fp32'} ({why}){', channels last' if self.channels_last else ''}")

    def resume(self, manifest, tensors):
        """Weights were loaded already; the rest of the state."""
        with torch.no_grad():
            for (name, parameter), average in zip(self.model.named_parameters(), self.averages):
                average.copy_(tensors["average"][name])
                if name in manifest["steps"]:
                    self.optimiser.state[parameter] = {"step": torch.tensor(float(manifest["steps"][name])), **{
                        kind: torch.empty_like(parameter).copy_(tensors["moments"][f"{kind}.{name}"]) for kind in ("exp_avg", "exp_avg_sq")}}
        self.iteration, self.before = manifest["iteration"], manifest["seconds"]
        self.started = time.monotonic()
        old = {**manifest["config"], **{f"train.{key}": value for key, value in manifest["config"]["train"].items()}}
        new = {**self.config, **{f"train.{key}": value for key, value in self.config["train"].items()}}
        changed = [f"{key} was {json.dumps(old.get(key))[:60]} and is {json.dumps(value)[:60]}" for key, value in new.items()
                   if key != "train" and old.get(key) != json.loads(json.dumps(value))]
        for line in changed:
            self.log(f"changed since the saved state: {line}")

    def seconds(self):
        """Of training, over all restarts."""
        return self.before + time.monotonic() - self.started

    def finished(self):
        options = self.options
        return bool(options["iterations"] and self.iteration >= options["iterations"] or options["minutes"] and self.seconds() >= 60 * options["minutes"])

    def left(self, per_iteration):
        options = self.options
        return min((options["iterations"] - self.iteration) * per_iteration if options["iterations"] else math.inf,
                   60 * options["minutes"] - self.seconds() if options["minutes"] else math.inf)

    def export(self, folder):
        images = self.iteration * self.data["batch"]
        told = {**self.sidecar, "provenance": {**self.sidecar.get("provenance", {}), "training":
                f"{self.iteration} iterations of {self.data['batch']} images at {self.data['size']} x {self.data['size']} ({images} images), exits {json.dumps(self.options['exits'])}, "
                f"loss weight {self.options['exit_weight'][0]:g} + {self.options['exit_weight'][1]:g} k / {self.model.num_exits}"}}
        names = [name for name, _ in self.model.named_parameters()]
        export(folder, self.model, dict(zip(names, self.averages)), self.preprocessor, told)
        self.log(f"wrote the checkpoint {folder}")

    def step(self, pixel_values, targets, lap=lambda part: None):
        """One iteration but for fetching the next batch, which runs while the device works: see train. Gives back a function that
        ends it, and that returns the row for metrics.csv. lap(part): called at the end of each part, for the profile."""
        options, exits = self.options, self.model.num_exits
        seed_iteration(options["seed"], self.iteration)
        depth = draw_exit(self.probabilities, options["seed"], self.iteration)
        teaches = options["distill"] > 0 and depth < exits
        if self.channels_last:
            pixel_values = pixel_values.contiguous(memory_format=torch.channels_last)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16):
            outputs = self.model(pixel_values, (depth, exits) if teaches else (depth,))
        lap("forward")
        # Predictions of the drawn exit come first, then those of the deepest: all of them where it is trained too, else its last.
        class_logits, mask_logits = (list(logits) for logits in outputs[depth])
        count, weight = len(mask_logits), exit_weight(options["exit_weight"], depth, exits)
        weights = [weight] * count
        if teaches:
            own = len(outputs[exits].mask_logits) if options["distill_deep"] else 0
            for logits, deep in ((class_logits, outputs[exits].class_logits), (mask_logits, outputs[exits].mask_logits)):
                logits += deep if own else [deep[-1].detach()]
            weights += [exit_weight(options["exit_weight"], exits, exits)] * own or [0.0]
        segments = losses.pack(targets, self.things, self.device)
        pairs = losses.match(class_logits, mask_logits, segments, options)
        lap("matching")
        terms = losses.loss_terms(class_logits, mask_logits, pairs, segments, options, teacher=len(mask_logits) - 1 if teaches else None)
        truth, taught = terms if teaches else (terms, None)
        loss = ((truth @ self.term_weights) * torch.tensor(weights, device=self.device)).sum()
        lesson = truth.new_zeros(())
        if teaches:
            lesson = options["distill"] * weight * (taught[:count] @ self.term_weights).sum()
            loss = loss + lesson
        lap("losses")
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        lap("backward")
        gradients = [parameter.grad for parameter in self.parameters if parameter.grad is not None]
        shown = torch.stack([loss.detach(), *truth[count - 1].detach(), lesson.detach(), gradient_norm(gradients)])

        def end():
            values = shown.tolist()  # waits for the device
            norm, factor = values[-1], rate(options, self.iteration, self.seconds())
            if math.isfinite(norm):
                if options["clip"] and norm > options["clip"]:
                    torch._foreach_mul_(gradients, options["clip"] / norm)
                for group in self.optimiser.param_groups:
                    group["lr"] = group["top"] * factor
                self.optimiser.step()
            lap("optimiser")
            update_average(self.averages, self.parameters, options["ema"], self.iteration)
            lap("average")
            self.iteration += 1
            return dict(zip(("iteration", "exit", "loss", "class", "mask", "dice", "taught", "rate", "gradient_norm"),
                            (self.iteration, depth, *values[:5], options["lr"] * factor, norm)))
        return end


def choose_device(options):
    if options["device"] == "cuda" and not torch.cuda.is_available():
        raise TrainError("train.device is \"cuda\"; PyTorch sees no CUDA device here.")
    return torch.device("cpu" if options["device"] == "cpu" or not torch.cuda.is_available() else "cuda")


def choose_precision(options, device):
    """Whether to cast down, and why. On a CPU without AVX512-BF16 or AMX bf16 is emulated, many times slower than fp32; before
    PyTorch 2 it saves less than a fifth of a step (src/training/README.md)."""
    if options["precision"] != "auto":
        return options["precision"] == "bf16", "as configured"
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(), "what the GPU supports"
    if not cpu_flags() & {"avx512_bf16", "amx_bf16"}:
        return False, "this CPU reports neither AVX512-BF16 nor AMX"
    if int(torch.__version__.split(".")[0]) < 2:
        return False, "bf16 gains little on a CPU before PyTorch 2"
    return True, "this CPU has AVX512-BF16 or AMX"


def cpu_flags():
    if not os.path.exists("/proc/cpuinfo"):
        return set()
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        return set(next((line for line in file if line.startswith("flags")), "").split())


def network_of(config, weights):
    """A network from a state's configuration and weights, without the checkpoint that it started from."""
    model = network.Mask2Former(config, "the state's model", expand_first=network.ENCODER + "blocks.0.expand.weight" in weights)
    network.fill(model, weights, "the saved state")
    return model


def start(config, labels):
    """The network before its first iteration."""
    if config["init"] is not None:
        return network.load(config["init"], labels=labels, fresh=config["fresh"])
    named = {"id2label": {str(i): name for i, name in enumerate(labels)}, "label2id": {name: i for i, name in enumerate(labels)}}
    model = network.Mask2Former({"model_type": "mask2former", "architectures": ["Mask2FormerForUniversalSegmentation"], **config["model"], **named}, "model")
    if config["backbone"] is not None:
        network.load_backbone(model, config["backbone"])
    return model


def describe(config, options):
    """preprocessor_config.json and ecom2f.json of what will be exported."""
    def read(name):
        path = os.path.join(config["init"] or "", name)
        return read_json(path, network.CheckpointError) if config["init"] and os.path.exists(path) else {}

    size = options["size"]
    plain = {"image_processor_type": "Mask2FormerImageProcessor", "do_resize": True, "size": {"shortest_edge": size, "longest_edge": round(size * 1.4 / 32) * 32},
             "size_divisor": 32, "resample": 2, "do_rescale": True, "rescale_factor": 1 / 255, "do_normalize": True}
    preprocessor = config["preprocessor"] or read("preprocessor_config.json") or plain
    preprocessor = {**preprocessor, "image_mean": options["mean"], "image_std": options["std"]}
    old = read("ecom2f.json")
    sidecar = {"classes": [{key: entry[key] for key in ("id", "name", "isthing", "color")} for entry in options["classes"]],
               "postprocessing": config["postprocessing"] or old.get("postprocessing") or
               {"procedure": "meta", "score_threshold": 0.5, "mask_threshold": 0.5, "overlap_threshold": 0.8}}
    licence = config["licence"] or old.get("licence")
    if licence:
        sidecar["licence"] = licence
    provenance = {"data": ", ".join(entry["name"] for entry in options["sets"])}
    if config["init"]:
        provenance["init"] = {"name": os.path.basename(config["init"]), **(old.get("provenance") or {})}
        if config["fresh"]:
            provenance["fresh"] = ", ".join(config["fresh"])
    return preprocessor, {**sidecar, "provenance": {**provenance, **(config["provenance"] or {})}}


def notes():
    """What makes this machine slower than it needs to be."""
    found = [globals().get("MALLOC_NOTE")]
    if os.path.exists("/proc/self/maps"):
        with open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:
            if any("/blas/libblas.so" in line for line in maps):
                found.append("PyTorch multiplies matrices with the reference BLAS, more than ten times slower than OpenBLAS: apt-get install libopenblas0-pthread")
    return [note for note in found if note]


@contextlib.contextmanager
def only_run(folder):
    """Two runs in one folder would destroy each other's state."""
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "lock"), "w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise TrainError(f"another training runs in {folder}.") from None
        yield


class Stop:
    """SIGTERM and SIGINT let the iteration end, save, and leave; a second SIGINT leaves at once. Worker processes inherit this
    handler and must not act on it."""

    def __init__(self):
        self.signal, self.process = None, os.getpid()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self)

    def __call__(self, number, _):
        if os.getpid() != self.process:
            return
        if self.signal == signal.SIGINT == number:
            os._exit(130)
        self.signal = number


def train(config, folder):
    """Until the budget is spent or a signal says stop; the exit code."""
    output = config["output"]
    with only_run(output), contextlib.closing(Log(os.path.join(output, "log.txt"))) as log:
        stop = Stop()
        for note in notes():
            log(f"note: {note}")
        run = Run(config, folder, log)
        options, final = config["train"], os.path.join(output, "checkpoint")
        if run.finished():
            if not os.path.exists(os.path.join(final, "config.json")):
                run.export(final)
            log(f"finished already: {run.iteration} iterations in {duration(run.before)}; the checkpoint is {final}. A larger budget, or another output, would train on.")
            return 0
        log(f"{'going on' if run.iteration else 'starting'} at iteration {run.iteration}, {duration(run.before)} spent")
        since, failures = [], 0
        with contextlib.closing(Metrics(os.path.join(output, "metrics.csv"), run.iteration)) as metrics, \
                data.Batches(run.data, run.iteration, options["seed"], options["workers"], device=run.device, log=log) as batches:
            run.started = ended = saved = time.monotonic()  # preparing data is not training
            batch = next(batches)
            while True:
                end = run.step(*batch)
                last = run.iteration + 1 == options["iterations"]
                waited = time.monotonic()
                batch = None if last else next(batches)  # on a GPU the backward pass runs meanwhile
                waited = time.monotonic() - waited
                row, now = end(), time.monotonic()
                row.update(images_per_second=run.data["batch"] / (now - ended), data_wait=waited, seconds=run.seconds())
                ended = now
                metrics.add(row)
                since.append(row)
                failures = 0 if math.isfinite(row["gradient_norm"]) else failures + 1
                if failures:
                    log(f"iteration {row['iteration']} at exit {row['exit']}: the gradient is not finite, so the weights stay as they are")
                if failures == FAILED_STEPS:
                    raise TrainError(f"{FAILED_STEPS} gradients in a row were not finite; a lower train.lr may help, or train.precision \"fp32\". The last saved state is whole.")
                done = run.finished()
                if run.iteration % options["log_every"] == 0 or done or stop.signal:
                    metrics.file.flush()
                    log(log_line(run, since))
                    since = []
                if done or stop.signal or time.monotonic() - saved >= 60 * options["save_minutes"]:
                    metrics.flush()
                    save_state(run.state, run)
                    saved = time.monotonic()
                if options["export_every"] and run.iteration % options["export_every"] == 0:
                    run.export(os.path.join(output, "exports", f"{run.iteration:08}"))
                if done:
                    run.export(final)
                    log(f"finished: {run.iteration} iterations in {duration(run.seconds())}")
                    return 0
                if stop.signal:
                    log(f"stopped by {signal.Signals(stop.signal).name} after iteration {run.iteration}; the state is saved, and the same command goes on")
                    return 130 if stop.signal == signal.SIGINT else 0


def log_line(run, rows):
    """Means over the iterations since the last line, whose exits differ; class, mask and dice are those of the final prediction."""
    mean = {key: sum(row[key] for row in rows) / len(rows) for key in COLUMNS}
    per_iteration = sum(run.data["batch"] / row["images_per_second"] for row in rows) / len(rows)
    total = f"/{run.options['iterations']}" if run.options["iterations"] else ""
    taught = f"  taught {mean['taught']:.2f}" if run.options["distill"] else ""
    return (f"{rows[-1]['iteration']}{total}  exit {rows[-1]['exit']} (mean {mean['exit']:.1f})  loss {mean['loss']:.2f}  class {mean['class']:.3f}  mask {mean['mask']:.3f}  dice {mean['dice']:.3f}{taught}  "
            f"rate {rows[-1]['rate']:.2e}  gradient {mean['gradient_norm']:.1f}  {run.data['batch'] / per_iteration:.1f} images/s  waiting for data {100 * mean['data_wait'] / per_iteration:.0f}%  "
            f"left {duration(run.left(per_iteration))}")


# ---------------------------------------------------------------------------------------------------------------------
# Profile


def profile(config, folder, iterations):
    """Where a step's time goes, after three steps that warm up; nothing is written but prepared data. Processor time is that of all
    threads of this process, which a busy machine changes less than the clock's; the data's workers have their own."""
    config = {**config, "train": {**config["train"], "iterations": iterations + 3, "minutes": None}}
    log, parts, mark, depths = Log(), {}, np.zeros(2), []
    for note in notes():
        log(f"note: {note}")
    run = Run(config, folder, log)
    run.iteration = 0

    def lap(part):
        if run.device.type == "cuda":
            torch.cuda.synchronize()
        now = np.array([time.perf_counter(), time.process_time()])
        parts.setdefault(part, []).append(now - mark)
        mark[:] = now

    with data.Batches(run.data, 0, run.options["seed"], run.options["workers"], device=run.device, log=log) as batches:
        mark[:] = time.perf_counter(), time.process_time()
        for _ in range(iterations + 3):
            batch = next(batches)
            lap("waiting for data")
            depths.append(run.step(*batch, lap)()["exit"])
    means = {part: sum(values[3:]) / iterations for part, values in parts.items()}
    total, used = sum(means.values())
    log(f"{iterations} steps of {run.data['batch']} images at {run.data['size']} x {run.data['size']}, mean exit {sum(depths[3:]) / iterations:.1f}")
    log("| part | ms | share | processor ms |\n|---|---|---|---|")
    for part, (seconds, busy) in means.items():
        log(f"| {part} | {1000 * seconds:.1f} | {100 * seconds / total:.1f}% | {1000 * busy:.1f} |")
    log(f"| a step | {1000 * total:.1f} | {run.data['batch'] / total:.2f} images/s | {1000 * used:.1f} |")
    return 0


# ---------------------------------------------------------------------------------------------------------------------


def export_saved(config, folder):
    """A checkpoint of the last saved state, also while a training goes on."""
    source = os.path.join(config["output"], "state")
    for attempt in range(5):
        try:
            saved = read_state(source, ("weights", "average"))
            break
        except (TrainError, network.CheckpointError):  # replaced by a newer one while it was read
            if attempt == 4:
                raise
            time.sleep(1)
    if saved is None:
        raise TrainError(f"nothing was saved in {source} yet.")
    manifest, tensors = saved
    model = network_of(manifest["model"], tensors["weights"])
    sidecar = dict(manifest["sidecar"])
    sidecar["provenance"] = {**sidecar.get("provenance", {}), "training": f"{manifest['iteration']} iterations, exits {json.dumps(manifest['config']['train']['exits'])}"}
    export(os.path.abspath(folder), model, tensors["average"], manifest["preprocessor"], sidecar)
    print(f"wrote the checkpoint {folder} of iteration {manifest['iteration']}")
    return 0


def help_text():
    def lines(entries):
        return "\n".join(f"  {key:<17} {text} (default {json.dumps(default)})" for key, default, text in entries)

    return "keys of the file:\n" + lines((key, default, text) for key, (default, text) in KEYS.items()) \
        + "\n\nkeys under train, on the command line --train.KEY VALUE:\n" + lines((key, default, text) for key, (default, _, text) in TRAIN.items())


def parse_overrides(arguments):
    """--a.b VALUE or --a.b=VALUE: JSON, or else a text."""
    pairs, rest = [], list(arguments)
    while rest:
        key, equals, value = rest.pop(0).partition("=")
        if not key.startswith("--") or len(key) < 3:
            raise TrainError(f"'{key}' is neither an option nor a key (--train.minutes 30).")
        if not equals:
            if not rest:
                raise TrainError(f"{key} needs a value.")
            value = rest.pop(0)
        with contextlib.suppress(ValueError):
            value = json.loads(value)
        pairs.append((key[2:], value))
    return pairs


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0], epilog=help_text(), formatter_class=argparse.RawDescriptionHelpFormatter,
                                     usage="train.py CONFIG.json [--profile N | --export FOLDER] [--KEY VALUE ...]", allow_abbrev=False)
    parser.add_argument("config", metavar="CONFIG.json")
    parser.add_argument("--profile", type=int, metavar="N", help="run N steps, print where their time goes, and leave nothing behind")
    parser.add_argument("--export", metavar="FOLDER", help="write a checkpoint of the last saved state, and stop")
    known, rest = parser.parse_known_args(arguments)
    try:
        config, folder = read_config(known.config, parse_overrides(rest))
        if known.profile is not None:
            if not 1 <= known.profile <= 100_000:
                raise TrainError(f"--profile is {known.profile}; allowed: a whole number from 1 to 100000.")
            return profile(config, folder, known.profile)
        return export_saved(config, known.export) if known.export else train(config, folder)
    except (TrainError, network.CheckpointError, data.DataError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
