"""Takes the Rerun web viewer out of an installed rerun-sdk, for a Mutoscope server to serve at ``/viewer``.

The viewer is part of the ``rerun`` program that the ``rerun-sdk`` wheel installs. ``python -m mutoscope.viewer DIRECTORY`` starts that
program on a loopback port, saves the files that it serves, and ends it: nothing is downloaded, and the program's usage analytics
stay off. Then ``mutoscope serve --viewer DIRECTORY``; without the option, a server looks into ``viewer`` below its data directory.
"""

from __future__ import annotations

import argparse
import gzip
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

REQUIRED = ("index.html", "re_viewer.js", "re_viewer_bg.wasm")
OPTIONAL = ("favicon.ico", "apple-touch-icon.png", "sw.js", "signed-in", "signed-out")
_COMPRESSED = (".js", ".wasm")
_PATIENCE_S = 60.0


def find_program() -> str:
    """The ``rerun`` program of this Python environment, else the one on PATH.

    Raises
    ------
    FileNotFoundError
        There is none.
    """
    beside_python = pathlib.Path(sys.executable).parent / "rerun"
    found = str(beside_python) if beside_python.is_file() else shutil.which("rerun")
    if found is None:
        raise FileNotFoundError("no `rerun` program in this environment or on PATH: pip install rerun-sdk, or name one with --from")
    return found


def extract(directory: str | os.PathLike[str], program: str | os.PathLike[str] | None = None) -> list[str]:
    """Save the web viewer of a ``rerun`` program.

    Parameters
    ----------
    directory
        Where to; made if missing. Files of a viewer that is there are replaced one by one.
    program
        Path of the program; default: :func:`find_program`.

    Returns
    -------
    list of str
        The names of the viewer's files. Large ones have a compressed copy, ``<name>.gz``, beside them.

    Raises
    ------
    FileNotFoundError
        There is no such program.
    RuntimeError
        The program does not serve a viewer.
    """
    target = pathlib.Path(directory)
    target.mkdir(parents=True, exist_ok=True)
    web_port, grpc_port = _free_port(), _free_port()
    command = [str(program or find_program()), "--serve-web", "--bind", "127.0.0.1"]
    command += ["--web-viewer-port", str(web_port), "--port", str(grpc_port)]
    # CI=1 is what switches the program's analytics off for one run.
    environment = {**os.environ, "CI": "1"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait_until_it_serves(process, web_port)
            # The page comes last: a server takes a directory without it for an empty one.
            names = [name for name in (*REQUIRED[1:], *OPTIONAL, REQUIRED[0]) if _save(web_port, name, target)]
        finally:
            process.terminate()
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        raise RuntimeError(f"{command[0]} serves no {', '.join(missing)}: is it a `rerun` program with a web viewer?")
    return names


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_it_serves(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1.0):
                return
        except OSError:
            if process.poll() is not None:
                raise RuntimeError(f"{process.args!r} ended with status {process.returncode} instead of serving a viewer") from None
            if time.monotonic() > deadline:
                raise RuntimeError(f"{process.args!r} does not serve a viewer on port {port} within {_PATIENCE_S:.0f} s") from None
            time.sleep(0.05)


def _save(port: int, name: str, target: pathlib.Path) -> bool:
    """Whether the program has such a file."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{port}/{name}", timeout=_PATIENCE_S) as answer:
            content = answer.read()
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return False
        raise
    _replace(target / name, content)
    if name.endswith(_COMPRESSED):
        _replace(target / f"{name}.gz", gzip.compress(content, 6, mtime=0))
    return True


def _replace(path: pathlib.Path, content: bytes) -> None:
    temporary = path.with_name(f"{path.name}.tmp")
    temporary.write_bytes(content)
    temporary.replace(path)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m mutoscope.viewer", description="Save the Rerun web viewer for `mutoscope serve --viewer`")
    parser.add_argument("directory", help="where to; made if missing")
    parser.add_argument("--from", dest="program", metavar="PROGRAM", help="a `rerun` program (default: the one of this environment)")
    options = parser.parse_args(arguments)
    try:
        names = extract(options.directory, options.program)
    except (OSError, RuntimeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"saved {', '.join(names)} in {options.directory}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
