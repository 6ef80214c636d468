"""Runs scripts inside a stock SDK's virtual environment."""

import json
import os
import subprocess

from support.paths import SDK_PYTHON

# CI=1 switches the usage analytics of the rerun programs off.
ENVIRONMENT = {**os.environ, "CI": "1", "PYTHONWARNINGS": "ignore"}


class ScriptFailed(AssertionError):
    pass


def start(version, script, *args, **popen_options):
    return subprocess.Popen([SDK_PYTHON[version], str(script), *map(str, args)], env=ENVIRONMENT, text=True, **popen_options)


def run(version, script, *args, timeout_s=120):
    """The script's stdout. Fails the test with its stderr if it exits with another code than 0 or takes too long."""
    process = subprocess.run(
        [SDK_PYTHON[version], str(script), *map(str, args)], env=ENVIRONMENT, text=True, capture_output=True, timeout=timeout_s
    )
    if process.returncode != 0:
        raise ScriptFailed(f"{script} exited with {process.returncode} (SDK {version})\n{process.stdout[-3000:]}\n{process.stderr[-6000:]}")
    return process.stdout


def run_json(version, script, *args, timeout_s=120):
    """The last line of the script's stdout as JSON."""
    return json.loads(run(version, script, *args, timeout_s=timeout_s).strip().splitlines()[-1])
