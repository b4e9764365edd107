#!/usr/bin/env python3
"""Quality per exit of checkpoints, and over training time, from what `ecom2f evaluate` reports.

    python3 src/training/plot.py OUT.svg LABEL[@TIME]=report.json ... [--names NAME,...] [--time UNIT] [--title TEXT]

writes an SVG that stands alone: a row of charts for each data set, its left chart a line per checkpoint over exits with 95%
intervals, its right one (where a label has two times or more) a line per exit over time. Reports with one LABEL are one
training run; TIME is a number, of minutes unless --time says otherwise. Data sets are told apart by the report's own hash and
named in order of appearance by --names. Reports of static policies are wanted: `--policy static:1,static:2,...`.

Needs nothing but Python.
"""
import argparse
import html
import json
import math
import os
import sys

METRICS = {"panoptic": "PQ", "instance": "AP", "detection": "AP", "semantic": "mIoU"}
COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f5f00", "#000000"]  # Okabe and Ito's, told apart by all eyes
DASHES = ["", "7 3", "2 3", "9 3 2 3"]
WIDTH, HEIGHT = 400, 320              # of a chart, axes included
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 34, 46
LINE, LETTER = 18, 7                  # of the legend, to the right of each chart
DODGE = 0.06                          # exits: intervals of checkpoints lie side by side


class ReportError(Exception):
    """An argument or a report that cannot be drawn; the message names it."""


class Report:
    """One evaluation: points (100 x fraction) by exit, as (value, low, high)."""

    def __init__(self, argument):
        label, _, path = argument.partition("=")
        self.label, at, time = label.partition("@")
        if not self.label or not path:
            raise ReportError(f"{argument!r} is not of the form LABEL=report.json or LABEL@TIME=report.json.")
        try:
            self.time = float(time) if at else None
        except ValueError:
            self.time = math.nan
        if self.time is not None and not math.isfinite(self.time):
            raise ReportError(f"{argument!r}: the time {time!r} is not a number.")
        try:
            with open(path, encoding="utf-8") as file:
                report = json.load(file)
            self.task, self.dataset, self.images = report["task"], report["dataset"], report["images"]
            policies = [(policy["policy"], policy["quality"], policy["low"], policy["high"]) for policy in report["policies"]]
        except OSError as error:
            raise ReportError(f"{path}: cannot be read ({error.strerror}).") from error
        except (KeyError, TypeError, ValueError) as error:
            raise ReportError(f"{path}: is not a report of ecom2f evaluate ({type(error).__name__}: {error}).") from error
        if self.task not in METRICS:
            raise ReportError(f"{path}: task: {self.task!r} is not one of {', '.join(METRICS)}.")
        self.exits = {}
        for name, *numbers in policies:
            kind, _, exit_number = str(name).partition(":")
            if kind == "static" and exit_number.isdigit() and numbers[0] is not None:
                self.exits[int(exit_number)] = [None if number is None else 100 * number for number in numbers]
        if not self.exits:
            raise ReportError(f"{path}: has no static policies with a quality; evaluate with --policies static:1,static:2,...")

    @property
    def name(self):
        return self.label if self.time is None else f"{self.label} @ {self.time:g}"


class Axis:
    """Numbers from least to most, at pixels from start to end."""

    def __init__(self, numbers, start, end, margin=0.06):
        least, most = min(numbers), max(numbers)
        room = (most - least) * margin or max(abs(most), 1) * 0.05
        self.least, self.most, self.start, self.end = least - room, most + room, start, end

    def at(self, number):
        return self.start + (number - self.least) / (self.most - self.least) * (self.end - self.start)

    def ticks(self, about):
        """Round numbers, about so many."""
        rough = (self.most - self.least) / about
        power = 10.0 ** math.floor(math.log10(rough))
        step = power * next(factor for factor in (1, 2, 5, 10) if rough / power <= factor * 1.0000001)
        first = math.ceil(self.least / step - 1e-9)
        return [i * step for i in range(first, math.floor(self.most / step + 1e-9) + 1)]


def text(x, y, content, anchor="start", style="", turn=None):
    turn = "" if turn is None else f' transform="rotate({turn} {x:.1f} {y:.1f})"'
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{f" class={chr(34)}{style}{chr(34)}" if style else ""}{turn}>{html.escape(content)}</text>'


def chart(left, top, title, x_name, y_name, lines, x_ticks, legend_title):
    """One chart with its legend. lines: (name, colour, dash, [(x, value, low, high, what)]), low and high None where not drawn."""
    points = [point for line in lines for point in line[3]]
    x_axis = Axis([point[0] for point in points], left + LEFT, left + WIDTH - RIGHT)
    y_axis = Axis([number for point in points for number in point[1:4] if number is not None], top + HEIGHT - BOTTOM, top + TOP)
    out = [text(left + LEFT, top + 18, title, style="title")]
    for tick in y_axis.ticks(6):
        y = y_axis.at(tick)
        out += [f'<line class="grid" x1="{x_axis.start:.1f}" x2="{x_axis.end:.1f}" y1="{y:.1f}" y2="{y:.1f}"/>', text(x_axis.start - 6, y + 4, f"{tick:g}", "end")]
    for tick in x_ticks or x_axis.ticks(6):
        x = x_axis.at(tick)
        out += [f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{y_axis.start:.1f}" y2="{y_axis.end:.1f}"/>', text(x, y_axis.start + 16, f"{tick:g}", "middle")]
    out.append(f'<path class="axes" d="M{x_axis.start:.1f} {y_axis.end:.1f}V{y_axis.start:.1f}H{x_axis.end:.1f}"/>')
    out.append(text((x_axis.start + x_axis.end) / 2, top + HEIGHT - 10, x_name, "middle"))
    out.append(text(left + 14, (y_axis.start + y_axis.end) / 2, y_name, "middle", turn=-90))
    for name, colour, dash, own in lines:
        dash = f' stroke-dasharray="{dash}"' if dash else ""
        path = " ".join(f"{x_axis.at(x):.1f},{y_axis.at(value):.1f}" for x, value, *_ in own)
        out.append(f'<polyline class="line" stroke="{colour}"{dash} points="{path}"/>')
        for x, value, low, high, what in own:
            interval = ""
            if low is not None and high is not None:
                out.append(f'<line class="interval" stroke="{colour}" x1="{x_axis.at(x):.1f}" x2="{x_axis.at(x):.1f}" y1="{y_axis.at(low):.1f}" y2="{y_axis.at(high):.1f}"/>')
                interval = f" [{low:.1f}, {high:.1f}]"
            tip = html.escape(f"{name}, {what}: {value:.2f}{interval}")
            out.append(f'<circle fill="{colour}" cx="{x_axis.at(x):.1f}" cy="{y_axis.at(value):.1f}" r="3"><title>{tip}</title></circle>')
    x, y = left + WIDTH + 4, top + TOP + 6
    out.append(text(x, y, legend_title, style="legend"))
    for i, (name, colour, dash, _) in enumerate(lines, 1):
        dash = f' stroke-dasharray="{dash}"' if dash else ""
        out += [f'<line class="line" stroke="{colour}"{dash} x1="{x:.1f}" x2="{x + 24:.1f}" y1="{y + i * LINE - 4:.1f}" y2="{y + i * LINE - 4:.1f}"/>', text(x + 30, y + i * LINE, name)]
    return out


def over_exits(reports, names):
    lines = []
    for place, report in enumerate(reports):
        i = names.index(report.name)  # a checkpoint looks the same on every data set
        shift = (place - (len(reports) - 1) / 2) * min(DODGE, 0.6 / len(reports))
        points = [(number + shift, *report.exits[number], f"exit {number}") for number in sorted(report.exits)]
        lines.append((report.name, COLOURS[i % len(COLOURS)], DASHES[i // len(COLOURS) % len(DASHES)], points))
    return lines


def over_time(reports, unit):
    runs = {}
    for report in reports:
        if report.time is not None:
            runs.setdefault(report.label, []).append(report)
    runs = {label: sorted(own, key=lambda report: report.time) for label, own in runs.items() if len(own) > 1}
    lines = []
    for i, (label, own) in enumerate(runs.items()):
        for number in sorted({number for report in own for number in report.exits}):
            points = [(report.time, report.exits[number][0], None, None, f"{report.time:g} {unit}") for report in own if number in report.exits]
            lines.append((f"exit {number}" + (f", {label}" if len(runs) > 1 else ""), COLOURS[(number - 1) % len(COLOURS)], DASHES[i % len(DASHES)], points))
    return lines


def draw(reports, names, unit, title):
    """The SVG's text."""
    sets = {}
    for report in reports:
        sets.setdefault((report.dataset, report.task), []).append(report)
    if names and len(names) != len(sets):
        raise ReportError(f"--names: {len(names)} names, but the reports are of {len(sets)} data sets.")
    checkpoints = list(dict.fromkeys(report.name for report in reports))
    legend = 50 + LETTER * max(map(len, checkpoints + ["checkpoint, 95% interval"]))
    top, width, body = 34 if title else 6, WIDTH + legend, []
    for i, ((dataset, task), own) in enumerate(sets.items()):
        seen = [report.name for report in own]
        if len(set(seen)) < len(seen):
            raise ReportError(f"two reports of one data set are named {next(name for name in seen if seen.count(name) > 1)!r}.")
        name = f"{names[i] if names else dataset} ({own[0].images} images)"
        metric, exits = f"{METRICS[task]}, points", sorted({number for report in own for number in report.exits})
        lines, times = over_exits(own, checkpoints), over_time(own, unit)
        body += chart(0, top, f"{name}: {METRICS[task]} per exit", "exit (encoder layers)", metric, lines, exits, "checkpoint, 95% interval")
        if times:
            body += chart(WIDTH + legend, top, f"{name}: {METRICS[task]} over training", f"training time, {unit}", metric, times, None, "exit")
            width = 2 * (WIDTH + legend)
        top += max(HEIGHT, TOP + 20 + LINE * max(len(lines), len(times)))
    heading = [text(LEFT, 24, title, style="heading")] if title else []
    style = ("text{font:12px sans-serif;fill:#222}.title,.legend{font-weight:bold}.heading{font-size:16px;font-weight:bold}.grid{stroke:#e4e4e4}.axes{fill:none;stroke:#222}"
             ".line{fill:none;stroke-width:2}.interval{stroke-width:1.5;opacity:.45}")
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {top}" width="{width}" height="{top}" role="img" aria-label="{html.escape(title or "Quality per exit")}">',
                      f"<style>{style}</style>", f'<rect width="{width}" height="{top}" fill="#fff"/>', *heading, *body, "</svg>", ""])


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Draws quality per exit, and over training time, from reports of ecom2f evaluate.")
    parser.add_argument("out", metavar="OUT.svg")
    parser.add_argument("reports", nargs="+", metavar="LABEL[@TIME]=report.json")
    parser.add_argument("--names", help="of the data sets, in the order of the reports, with commas between")
    parser.add_argument("--time", default="minutes", metavar="UNIT", help="of TIME (minutes)")
    parser.add_argument("--title", default="")
    options = parser.parse_args(arguments)
    try:
        svg = draw([Report(argument) for argument in options.reports], options.names.split(",") if options.names else [], options.time, options.title)
        with open(options.out + ".tmp", "w", encoding="utf-8") as file:
            file.write(svg)
        os.replace(options.out + ".tmp", options.out)
    except (ReportError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
