"""All wire cases with their numbers, by name."""

import importlib
import pathlib


def wire_cases():
    cases = {}
    for module in sorted(pathlib.Path(__file__).parent.glob("cases_*.py")):
        for case in importlib.import_module(f"differential.{module.stem}").CASES:
            assert case.name not in cases, f"two cases are called {case.name!r}"
            cases[case.name] = case
    return {name: (number, case) for number, (name, case) in enumerate(cases.items())}


WIRE = wire_cases()
