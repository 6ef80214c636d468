"""Where the program, the stock SDKs and the test data are. Environment variables override for development."""

import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
TESTS = ROOT / "tests"
SCRIPTS = TESTS / "scripts"
GOLDEN = TESTS / "golden" / "golden.json"
PROGRAM = pathlib.Path(os.environ.get("MUTOSCOPE_PROGRAM", ROOT / ".venv/bin/mutoscope"))
SDK_PYTHON = {
    "0.36.3": os.environ.get("MUTOSCOPE_SDK36_PYTHON", str(ROOT / ".venv-sdk36/bin/python")),
    "0.41.0": os.environ.get("MUTOSCOPE_SDK41_PYTHON", str(ROOT / ".venv-sdk41/bin/python")),
}
SDK_VERSIONS = list(SDK_PYTHON)
