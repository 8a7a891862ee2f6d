"""The output of `strata schema`, as a JSON Schema validator that is not ours understands it: every spec in configs/ passes and
every spec in tests/spec/broken/schema fails; in model/ and data/ beside it lie mistakes that no JSON Schema can see.

    strata schema | schema_check.py          # needs jsonschema and pyyaml
"""
import json
import pathlib
import sys

import jsonschema
import yaml

root = pathlib.Path(__file__).resolve().parents[2]


class Core(yaml.SafeLoader):
    """YAML 1.2's core schema, which the spec language is: `no` is a text, 1e-3 a number, a date a text."""


Core.yaml_implicit_resolvers = {}
for tag, pattern, first in [
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("int", r"^[-+]?[0-9]+$", "-+0123456789"),
    ("float", r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$", "-+.0123456789"),
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
]:
    Core.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", yaml.resolver.re.compile(pattern), list(first))


def spec(file):
    """A spec as JSON sees it: keys are texts."""
    return json.loads(json.dumps(yaml.load(file.read_text(), Core)))


schema = json.load(sys.stdin)
wrong = []
for draft in (jsonschema.Draft7Validator, jsonschema.Draft202012Validator):
    draft.check_schema(schema)
    validator = draft(schema)
    configs = sorted((root / "configs").glob("*.yaml"))
    broken, well_formed = [sorted((root / "tests/spec/broken").glob(f"{kinds}/*.yaml")) for kinds in ("schema", "[md]*")]
    assert configs and broken and well_formed
    for file in configs + well_formed:
        for error in validator.iter_errors(spec(file)):
            wrong.append(f"{draft.__name__} refuses {file.name}: {jsonschema.exceptions.best_match([error]).message[:200]}")
    for file in broken:
        if validator.is_valid(spec(file)):
            wrong.append(f"{draft.__name__} finds nothing in {file.name}")
for line in wrong:
    print("error:", line)
print(f"ok: {len(configs)} configs pass, {len(broken)} broken specs fail" if not wrong else f"error: {len(wrong)} verdicts differ")
sys.exit(1 if wrong else 0)
