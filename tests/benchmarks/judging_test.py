import json
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))
from device import contest, contestants, page, rows

MLP = rows.row("mlp")


def measured(count, **times):
    return [dict(times) for _ in range(count)]


class Judging(unittest.TestCase):
    def test_a_ratio_is_the_median_of_the_rounds_in_which_strata_agrees_with_itself(self):
        steady = [{"strata": 10.0, "control": 10.2, "torch-eager": 10.1 * r} for r in (2.0, 2.1, 2.2, 2.3, 2.4)]
        disturbed = [{"strata": 10.0, "control": 10.6, "torch-eager": 1000.0}] * 2
        kept, figures = contest.judged(steady + disturbed, {})
        self.assertEqual(kept, 5)
        eager = figures["torch-eager"]
        self.assertAlmostEqual(eager["ratio"], 2.2)
        self.assertTrue(2.0 <= eager["low"] <= 2.2 <= eager["high"] <= 2.4 + 1e-9)
        self.assertEqual(eager["max_us"], 1000)

    def test_what_is_void_or_alone_has_no_ratio(self):
        _, figures = contest.judged(measured(5, strata=10, control=10, **{"torch-eager": 20}), {"torch-eager": "other losses"})
        self.assertNotIn("ratio", figures["torch-eager"])
        _, figures = contest.judged(measured(5, strata=10, **{"torch-eager": 20}), {})
        self.assertNotIn("ratio", figures["torch-eager"])

    def test_other_parameters_or_losses_are_void(self):
        strata = {"parameters": 10, "losses": [2.0, 1.0]}
        void = lambda its, tolerance=1e-3: contest.why_void(strata, its, tolerance)
        self.assertIsNone(void({"parameters": 10, "losses": [2.0001, 1.0]}))
        self.assertIn("losses differ by 0.5", void({"parameters": 10, "losses": [2.0, 1.5]}))
        self.assertIn("11 parameters", void({"parameters": 11, "losses": [2.0, 1.0]}))
        for losses in ([2.0, float("nan")], [2.0, None], [2.0], []):
            self.assertIn("losses differ by inf", void({"parameters": 10, "losses": losses}))

    def test_what_is_asked(self):
        asked = lambda us, low: [met for _, met in contest.verdict(MLP, {"strata": {"us": us}, "torch-compile": {"low": low}})]
        self.assertEqual(asked(39, 1.2), [True, True])
        self.assertEqual(asked(41, 1.0), [False, False])
        self.assertEqual([met for _, met in contest.verdict(MLP, {"strata": {"us": 30}, "torch-compile": {"us": 90}})], [True, None])

    def test_a_floor_is_the_slowest_of_arithmetic_movement_and_a_node(self):
        ceilings = {"gemm_tflop_s": {"tf32": {"8192": 400}}, "copy_gb_s": 4000, "node_us": 1.5}
        self.assertAlmostEqual(contest.floor_us([[4e9, 0], [0, 40e6], [1, 1]], ceilings, "tf32"), 10 + 10 + 1.5)
        self.assertIsNone(contest.floor_us([[1, 1]], None, "tf32"))


class Contestants(unittest.TestCase):
    def contestant(self, program, patience=30):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        started = contestants.Contestant("it", [sys.executable, "-c", program], Path(self.folder.name) / "log", patience)
        started.start()
        self.addCleanup(started.end)
        return started

    def test_answers_are_lines_of_json(self):
        its = self.contestant("print('{\"losses\": [1]}', flush=True)\nfor line in __import__('sys').stdin: print('{\"ns\": %d}' % len(line), flush=True)")
        self.assertEqual((its.report, its.run(1, 16)), ({"losses": [1]}, {"ns": len("run 1 16\n")}))
        its.end()
        self.assertIsNone(its.failure)

    def test_one_that_ends_says_why(self):
        its = self.contestant("import sys; sys.exit('there is no device')")
        self.assertIn("exit code 1: there is no device", its.failure)

    def test_one_that_ends_between_turns_fails_then(self):
        its = self.contestant("print('{}', flush=True); import sys; sys.stdin.readline(); sys.exit('out of memory')")
        self.assertIsNone(its.run(1, 1))
        self.assertIn("out of memory", its.failure)

    def test_one_that_is_killed_says_by_what(self):
        its = self.contestant("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
        self.assertIn("ended by SIGKILL", its.failure)

    def test_one_that_is_silent_is_ended(self):
        its = self.contestant("import time; time.sleep(60)", patience=0.5)
        self.assertIn("no answer in", its.failure)
        self.assertIsNotNone(its.process.poll())

    def test_one_that_cannot_be_started_fails(self):
        its = contestants.Contestant("it", ["/no/such/program"], Path(tempfile.gettempdir()) / "no-such-program.log", 1)
        its.start()
        self.assertIn("No such file", its.failure)


class Page(unittest.TestCase):
    def test_failures_and_void_rows_are_named(self):
        report = {"ready_s": 1.0, "parameters": 10, "losses": [1.0]}
        result = dict(row="mlp", precision="tf32", batch=128, failures={"torch-expert": "exit code 1: no memory"}, void={"torch-eager": "other losses"},
                      reports={"strata": report, "torch-eager": report}, figures={"strata": dict(us=41.0, min_us=40, max_us=50), "torch-eager": dict(us=200.0, min_us=190, max_us=210)},
                      steady_rounds=14, rounds=15, floor_us=20.5, asked=[("at most 40 us", False)], clocks=[])
        text = page.markdown(dict(device="a device", caption="", ways=["eager", "expert"], ways_text="", ceilings=None, results=[result]))
        self.assertIn("| `mlp`, batch 128 | tf32 | 41.0 (40.0-50.0) | 200 (190-210)<br>void | failed | at most 40 us: **not met** | 20.5 | 2.0 | 14 of 15 |", text)
        self.assertIn("torch-expert: exit code 1: no memory", text)
        self.assertIn("torch-eager: void: other losses", text)
        json.dumps(result)


if __name__ == "__main__":
    unittest.main()
