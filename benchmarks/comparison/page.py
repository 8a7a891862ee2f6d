"""A run as a table, as a page, as JSON, and as the README's section."""
import json
import subprocess

BEGIN, END = "<!-- speed -->\n", "<!-- /speed -->"


def number(ms):
    return f"{ms:.3f}" if ms < 1 else f"{ms:.2f}" if ms < 10 else f"{ms:.1f}" if ms < 1000 else f"{ms:.0f}"


def figure(contestant):
    return f"{number(contestant['ms'])} ({number(contestant['min_ms'])})" + ("~" if contestant["few_near_windows"] else "")


def bar_text(result):
    if result["bar"] is None:
        return "-"
    text = f"{result['bar']:.1f}" + (f" of {result['against']}" if result["against"] != result["best_peer"] else "")
    return text + {True: ", met", False: ", **not met**", None: ", not measured"}[result["met"]]


def table(results):
    lines = ["| row | Strata | best peer | its time | ratio | bar | floor | of the floor |", "|---|---|---|---|---|---|---|---|"]
    for r in results:
        peer = r["contestants"][r["best_peer"]]
        lines.append(f"| `{r['workload']}` | {figure(r['contestants']['strata'])} | {r['best_peer']} | {figure(peer)} | {r['ratio']:.2f} | "
                     f"{bar_text(r)} | {number(r['floor_ms'])} | {r['of_the_floor']:.2f} |")
    return "\n".join(lines)


def commit(root):
    git = lambda *words: subprocess.run(["git", "-C", root, *words], capture_output=True, text=True).stdout.strip()
    return git("rev-parse", "--short", "HEAD") + (" with changes" if git("status", "--porcelain", "--untracked-files=no") else "")


def machine():
    lines = subprocess.run(["lscpu"], capture_output=True, text=True, env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"}).stdout.splitlines()
    fields = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    vectors = [flag for flag in ("avx2", "avx512f", "avx512_bf16", "amx_tile") if flag in fields.get("Flags", "").split()]
    return {key: fields.get(key, "?") for key in ("Model name", "CPU family", "Model", "CPU(s)", "L2 cache", "L3 cache")} | {
        "Vectors": ", ".join(vectors)}


def caption(run):
    m = run["machine"]
    return (f"{m['Model name']} (family {m['CPU family']}, model {m['Model']}), {m['CPU(s)']} cores, L3 {m['L3 cache']}, {m['Vectors']}; "
            f"{run['threads']} threads, float32, {run['date']}, commit {run['commit']}. "
            + ", ".join(f"{name} {version}" for name, version in run["versions"].items()) + ".")


READING = """ms per step through `fit`, or per call; median (minimum) of alternating windows in one session, those with the cores near each
other (`~`: too few of them, all). The best of each framework's ways counts, Strata's ways are `fit`, and `predict` with or without a sink.
The floor: products at the rate of a 1024^3 gemm or their operands at the rate of a copy, whichever is slower, and the passes of norms and
of the optimizer over memory at that rate; both rates measured in the same turns, the copy over a set as large as the workload's own."""


def markdown(run):
    text = ["# Strata and the Python frameworks", caption(run), READING, "![Time relative to the best peer](compare.svg)", table(run["rows"])]
    rates = ["| row | gemm, GFLOP/s | copy, GB/s | of a set of MiB | parameters | first step or call, s after exec |", "|---|---|---|---|---|---|"]
    for r in run["rows"]:
        first = ", ".join(f"{f} {s:.2f}" for f, s in r["first_step_s"].items() if f in ("strata", r["best_peer"]))
        mine, its = (r["parameters"].get(f) for f in ("strata", r["best_peer"]))
        parameters = f"{mine:,}" + (f" ({r['best_peer']} {its:,})" if its not in (None, mine) else "")
        rates.append(f"| `{r['workload']}` | {r['gflop_s']:.0f} | {r['copy_gb_s']:.1f} | {r['working_set_mib']:.1f} | {parameters} | {first} |")
    text += ["## Ceilings, parameters, start-up", "\n".join(rates), "## Every contestant"]
    lines = ["| row | contestant | way | ms | by distance of the cores: ms, windows |", "|---|---|---|---|---|"]
    for r in run["rows"]:
        for name, c in sorted(r["contestants"].items(), key=lambda item: item[1]["ms"]):
            kinds = ", ".join(f"{kind} {number(ms)} x{count}" for kind, (ms, count) in c["by_distance"].items())
            lines.append(f"| `{r['workload']}` | {name} | {c['way']} | {figure(c)} | {kinds} |")
    text.append("\n".join(lines))
    short = [r for r in run["rows"] if r["met"] is False]
    text.append("## What falls short, and where its time goes" if short else "Every bar is met.")
    for r in short:
        text += [f"`{r['workload']}`: {r['ratio']:.2f} of {r['best_peer']}, {r['of_the_floor']:.2f} of the floor. By `build/bin/regions "
                 f"{r['workload']} {run['threads']}`:", "\n".join("    " + line for line in r.get("where_time_goes", []))]
    failures = [f"* `{r['workload']}`, {f}: {failure['name']}: {failure['reason']}" for r in run["rows"]
                for f, its in r["failures"].items() for failure in its]
    if failures:
        text += ["## What did not run", "\n".join(failures)]
    text += ["## Again", "    benchmarks/compare --setup\n    ninja -C build turns regions\n    benchmarks/compare"]
    return "\n\n".join(text) + "\n"


def write_json(path, run):
    path.write_text(json.dumps(run, indent=1) + "\n")


def into_readme(path, run):
    text = path.read_text()
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"benchmarks/compare: {path} has no place for the table: a line {BEGIN.strip()} and a line {END}")
    short = [f"`{r['workload']}`" for r in run["rows"] if r["met"] is False]
    verdict = f"Bars not met: {', '.join(short)}." if short else "Every bar is met."
    section = "\n\n".join([caption(run), READING, table(run["rows"]), verdict])
    path.write_text(f"{before}{BEGIN}{section}\n{END}{after}")
