"""The `mutoscope` command: becomes the C++ program that lies inside this package."""

import os
import pathlib
import sys


def main() -> None:
    program = pathlib.Path(__file__).parent / "bin" / "mutoscope"
    if not program.is_file():
        sys.exit(f"mutoscope: the program {program} is missing: install the package again (pip install --force-reinstall mutoscope)")
    os.execv(program, [str(program), *sys.argv[1:]])
