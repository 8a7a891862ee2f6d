"""One row in one precision: everybody started, in turns forwards and backwards, and judged."""
import math
import random
import statistics
import sys

from device import clocks, contestants, rows


def interval(values, draws=2000):
    """The 95 % bootstrap interval of the median."""
    source = random.Random(0)
    medians = sorted(statistics.median(source.choices(values, k=len(values))) for _ in range(draws))
    return medians[int(0.025 * draws)], medians[int(0.975 * draws) - 1]


def differs(mine, its):
    """The largest relative difference; infinite where a loss is no number (null or NaN in JSON) or missing."""
    pairs = list(zip(mine, its))
    if len(mine) != len(its) or not pairs or not all(x is not None and math.isfinite(x) for pair in pairs for x in pair):
        return math.inf
    return max(abs(a - b) / max(abs(a), 0.1) for a, b in pairs)


def why_void(strata, its, tolerance):
    """None where the contestant does the same work."""
    if its.get("parameters") != strata["parameters"]:
        return f"{its.get('parameters')} parameters, Strata {strata['parameters']}"
    far = differs(strata["losses"], its["losses"])
    return None if far <= tolerance else f"losses differ by {far:.2g} of their size, at most {tolerance:g} is allowed"


def floor_us(tasks, ceilings, precision):
    """One after another, each as long as the slowest of its arithmetic, its movement, and one node of a graph."""
    if not ceilings:
        return None
    flop_us, bytes_us = ceilings["gemm_tflop_s"][precision]["8192"] * 1e6, ceilings["copy_gb_s"] * 1e3
    return sum(max(flop / flop_us, moved / bytes_us, ceilings["node_us"]) for flop, moved in tasks)


def turns(everyone, args, row):
    """[{contestant: microseconds a step}], one dictionary for each round, and what nvidia-smi said after it."""
    most = row.rows // row.batch
    steps = min(most, args.steps or most)
    epochs = {}
    for contestant in everyone:  # twice: 50 steps at least come before what counts
        for _ in range(2):
            answer = contestant.run(max(1, math.ceil(50 / steps)) if args.device == "cuda" else 1, steps)
            if answer:
                epochs[contestant.name] = max(1, math.ceil(args.block_ms * 1e6 / (answer["ns"] * steps)))
    measured, states = [], []
    for number in range(args.rounds):
        alive = [c for c in everyone if c.failure is None]
        measured.append({})
        for contestant in alive if number % 2 == 0 else alive[::-1]:
            answer = contestant.run(epochs[contestant.name], steps)
            if answer:
                measured[-1][contestant.name] = answer["ns"] * 1e-3
        states.append(clocks.reading())
    return steps, epochs, measured, states


def judged(measured, void):
    """Medians of everybody, and of everybody's ratio to Strata over the rounds in which Strata agreed with itself."""
    steady = [r for r in measured if {"strata", "control"} <= r.keys()
              and abs(r["control"] - r["strata"]) <= rows.STEADY * min(r["control"], r["strata"])]
    figures = {}
    for name in dict.fromkeys(n for r in measured for n in r):
        times = [r[name] for r in measured if name in r]
        figures[name] = dict(us=statistics.median(times), min_us=min(times), max_us=max(times))
        ratios = [r[name] / (0.5 * (r["strata"] + r["control"])) for r in steady if name in r]
        if name not in ("strata", "control") and ratios and name not in void:
            low, high = interval(ratios)
            figures[name].update(ratio=statistics.median(ratios), low=low, high=high)
    return len(steady), figures


def verdict(row, figures):
    """What is asked of the row on a device, each with whether it is met; none where it was not measured."""
    asked = []
    if row.bar_us is not None:
        asked.append((f"at most {row.bar_us:g} us", figures["strata"]["us"] <= row.bar_us))
    compiled = figures.get("torch-compile", {})
    asked.append((f"{row.ahead:g} x torch-compile", compiled["low"] > row.ahead if "low" in compiled else None))
    return asked


def contest(args, row, precision, ceilings, folder):
    folder.mkdir(parents=True, exist_ok=True)
    result = dict(row=row.name, precision=precision, batch=row.batch, device=args.device)
    everyone = contestants.all_of(args, row, precision, folder)
    try:
        strata, void = everyone[0].report, {}
        if everyone[0].failure is None:
            void = {c.name: why for c in everyone[2:] if c.failure is None and (why := why_void(strata, c.report, row.near(precision)))}
            steps, epochs, measured, states = turns([c for c in everyone if c.failure is None], args, row)
            if any("strata" in r for r in measured):
                kept, figures = judged(measured, void)
                floor = floor_us(strata["work"], ceilings, precision)
                result.update(steps=steps, epochs=epochs, rounds=len(measured), steady_rounds=kept, figures=figures, measured=measured,
                              clocks=states, floor_us=floor,
                              asked=verdict(row, figures) if args.device == "cuda" else [])
    finally:
        for contestant in everyone:
            contestant.end()
        (folder / "arrays.bin").unlink(missing_ok=True)  # hundreds of megabytes
    reports = {c.name: {k: v for k, v in c.report.items() if k != "work"} for c in everyone if c.report}
    failures = {c.name: c.failure for c in everyone if c.failure}
    for name, why in {**failures, **void}.items():
        print(f"  {name}: {why}", file=sys.stderr, flush=True)
    return {**result, "reports": reports, "failures": failures, "void": void}
