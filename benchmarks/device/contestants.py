"""Child processes that stay alive and wait between their turns; one line asks, one JSON line answers."""
import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

from device import page

HERE = Path(__file__).parent


class Contestant:
    def __init__(self, name, command, log, patience_s):
        self.name, self.command, self.log, self.patience_s = name, [str(word) for word in command], log, patience_s
        self.report, self.failure, self.process = {}, None, None

    def start(self):
        with self.log.open("wb") as errors:
            try:
                self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
                                                env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
            except OSError as error:
                self.failure = str(error)
                return
        self.report = self.answer() or {}

    def run(self, epochs, steps):
        """Nanoseconds a step, and the loss; none where the contestant has ended."""
        if self.failure:
            return None
        try:
            self.process.stdin.write(f"run {epochs} {steps}\n".encode())
            self.process.stdin.flush()
        except OSError:
            pass  # answer() says how it ended
        return self.answer()

    def answer(self):
        ready, _, _ = select.select([self.process.stdout], [], [], self.patience_s)
        line = self.process.stdout.readline() if ready else b""
        try:
            if ready and line:
                return json.loads(line)
            why = "" if ready else f"no answer in {self.patience_s:.0f} s; "
        except ValueError:
            why = f"answered {line[:80]!r}; "
        self.end(patience_s=20 if ready else 0)
        said = self.log.read_text(errors="replace").strip().splitlines()
        code = self.process.returncode
        how = f"exit code {code}" if code >= 0 else f"ended by {signal.Signals(-code).name}"
        self.failure = f"{why}{how}: {said[-1][-400:] if said else 'no message'}"
        return None

    def end(self, patience_s=20):
        if self.process is None:
            return
        try:
            self.process.stdin.close()
            self.process.wait(patience_s)
        except (OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


def strata(name, args, row, precision, folder, export=False):
    command = [args.programs / "blocks", row.name, "--backend", args.device, "--precision", precision, "--threads", args.threads,
               "--learn", args.learn]
    return Contestant(name, command + (["--export", folder] if export else []), folder / f"{name}.log", args.patience)


def torch(way, args, row, precision, folder):
    return Contestant(f"torch-{way}", [args.python, HERE / "torch_contestant.py", row.name, "--way", way, "--device", args.device,
                                       "--precision", precision, "--batch", row.batch, "--threads", args.threads, "--learn", args.learn,
                                       "--arrays", folder], folder / f"torch-{way}.log", args.patience)


def all_of(args, row, precision, folder):
    """Strata twice: the second one is the control. Started one after another, so that nobody tunes while another one works."""
    everyone = [strata("strata", args, row, precision, folder, export=True), strata("control", args, row, precision, folder)]
    everyone += [torch(way, args, row, precision, folder) for way in args.ways]
    for contestant in everyone:
        begin = time.perf_counter()
        contestant.start()
        said = contestant.failure or f"losses {page.numbers(contestant.report['losses'])}"
        print(f"  {contestant.name:14s} {time.perf_counter() - begin:6.1f} s  {said}", file=sys.stderr, flush=True)
        if contestant.name == "strata" and contestant.failure:
            break  # nobody else has the data
    return everyone
