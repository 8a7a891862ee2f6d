"""A run as a table, as a page and as JSON."""
import json

READING = """Microseconds per step through `fit`, or PyTorch's loop: the median of alternating blocks in one session (least and most). Under a
contestant's time stands how many times as long as Strata it takes: the median of the rounds' ratios with its 95 % bootstrap interval,
above 1 where Strata is faster. Rounds in which Strata, run twice, differs from itself by more than 5 % count for no ratio. All start
from the same weights and rows and have to come to the same losses in the epochs before the blocks, or are void. Strata runs with
`reproducible: false`, as PyTorch does by default. Ratios are within one precision.

The floor: the tasks that no step can avoid, one after another, each as long as the slowest of its arithmetic at the rate of an
8192^3 product in its precision, its bytes at the rate of a copy, and one node of a CUDA graph, all three measured in this run."""


def number(us):
    return f"{us:.1f}" if us < 100 else f"{us:.0f}"


def numbers(losses):
    return ", ".join("no number" if loss is None else f"{loss:.4f}" for loss in losses)


def figure(its):
    text = f"{number(its['us'])} ({number(its['min_us'])}-{number(its['max_us'])})"
    return text + (f"<br>{its['ratio']:.2f} [{its['low']:.2f}, {its['high']:.2f}]" if "ratio" in its else "")


def cell(result, name):
    if name in result["failures"]:
        return "failed"
    if name not in result.get("figures", {}):
        return "-"
    return figure(result["figures"][name]) + ("<br>void" if name in result["void"] else "")


def asked(result):
    words = {True: "met", False: "**not met**", None: "not measured"}
    return "; ".join(f"{what}: {words[met]}" for what, met in result.get("asked", [])) or "-"


def table(run):
    ways = list(dict.fromkeys(f"torch-{way}" for way in run["ways"]))
    lines = ["| row | precision | Strata | " + " | ".join(ways) + " | asked | floor | of the floor | steady rounds |",
             "|---" * (7 + len(ways)) + "|"]
    for r in run["results"]:
        floor = r.get("floor_us")
        of = f"{r['figures']['strata']['us'] / floor:.1f}" if floor else "-"
        lines.append(f"| `{r['row']}`, batch {r['batch']} | {r['precision']} | {cell(r, 'strata')} | " + " | ".join(cell(r, w) for w in ways) +
                     f" | {asked(r)} | {number(floor) if floor else '-'} | {of} | {r.get('steady_rounds', 0)} of {r.get('rounds', 0)} |")
    return "\n".join(lines)


def failures(run):
    found = [f"* `{r['row']}` in {r['precision']}, {name}: {why}" for r in run["results"]
             for name, why in {**r["failures"], **{n: f"void: {w}" for n, w in r["void"].items()}}.items()]
    return ["## What did not run, or is void", "\n".join(found)] if found else []


def state(run):
    readings = [c for r in run["results"] for c in r.get("clocks", []) if c]
    if not readings:
        return "nvidia-smi gave no readings."
    span = lambda field: (lambda values: f"{min(values):g} to {max(values):g}" if values else "?")(
        [float(c[field]) for c in readings if c[field].replace(".", "", 1).isdigit()])
    reasons = sorted({c["held_down"] for c in readings})
    return (f"After the rounds nvidia-smi read an SM clock of {span('sm_mhz')} MHz, {span('celsius')} degrees Celsius, {span('watt')} W; "
            f"reasons for a lower clock (a bit each): {', '.join(reasons)}. Driver {readings[-1]['driver']}.")


def ceilings(run):
    if not run["ceilings"]:
        return []
    return ["## Ceilings", "```json\n" + json.dumps(run["ceilings"], indent=1) + "\n```"]


def settings(run):
    lines = ["| row | contestant | s from exec to the end of the first epoch | parameters | losses of the learning epochs |", "|---|---|---|---|---|"]
    for r in run["results"]:
        for name, its in r["reports"].items():
            lines.append(f"| `{r['row']}` {r['precision']} | {name} | {its['ready_s']:.1f} | {its['parameters']:,} | "
                         f"{numbers(its['losses'])} |")
    return "\n".join(lines)


def markdown(run):
    text = [f"# Strata and PyTorch on {run['device']}", run["caption"], READING, table(run), state(run), "## Contestants", run["ways_text"],
            settings(run), *failures(run), *ceilings(run), "## Again", "    scripts/gpu benchmarks OUT"]
    return "\n\n".join(text) + "\n"


def write(folder, name, run):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(run, indent=1) + "\n")
    (folder / f"{name}.md").write_text(markdown(run))
