"""`make demo`: makes the sample recording, serves it with Mutoscope, and runs the how-to against it."""

import os
import pathlib
import signal
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[1]
DEMO = ROOT / "build" / "demo"
SDK = os.environ.get("MUTOSCOPE_SDK41_PYTHON", str(ROOT / ".venv-sdk41" / "bin" / "python"))
PROGRAM = os.environ.get("MUTOSCOPE_PROGRAM", str(ROOT / ".venv" / "bin" / "mutoscope"))
READY = "mutoscope ready on "
# CI=1 switches the usage analytics of the stock SDK off.
ENVIRONMENT = {**os.environ, "CI": "1"}


def example(name: str, *arguments: object) -> None:
    print(f"\n$ python examples/{name} {' '.join(map(str, arguments))}", flush=True)
    subprocess.run([SDK, str(ROOT / "examples" / name), *map(str, arguments)], env=ENVIRONMENT, check=True)


def main() -> None:
    recordings = DEMO / "recordings"
    recordings.mkdir(parents=True, exist_ok=True)
    if not (recordings / "video_sample.rrd").exists():
        example("make_sample.py", recordings / "video_sample.rrd")
    command = [PROGRAM, "serve", "--data", str(DEMO / "data"), "--listen", "127.0.0.1:0", "--dataset", f"video_sample={recordings}"]
    print(f"\n$ {' '.join(command)}", flush=True)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            line = server.stdout.readline().strip()
            if not line.startswith(READY):
                raise SystemExit(f"the server did not start: {line!r}, exit code {server.wait(10)}")
            print(line)
            url = line.removeprefix(READY)
            # The registration goes on behind the ready line; waiting for it is what a health check does.
            address = url.removeprefix("rerun+http://")
            subprocess.run(["curl", "-fs", "--retry", "20", "--retry-delay", "1", "--retry-all-errors", f"http://{address}/readyz"], check=True)
            example("query_images.py", url, "--out", DEMO / "contact_sheet.png")
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(15)
    print(f"\nThe pictures that came out of the recording: {DEMO / 'contact_sheet.png'}")


if __name__ == "__main__":
    main()
