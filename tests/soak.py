"""`make soak`: clients of both versions register, read and unregister for a long time; memory, files and answers must stay the same.

usage: soak.py [--seconds N] [--work DIR]
"""

import argparse
import pathlib
import re
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from support import sdk, servers  # noqa: E402
from support.paths import SCRIPTS, SDK_VERSIONS  # noqa: E402

ROBOTS = SCRIPTS / "robots.py"
ROUNDS_WARM = 5
GROWTH_MAX = 1.3
GROWTH_BYTES_MAX = 32 << 20


def gauge(server, name):
    match = re.search(rf"^{name} (\S+)$", server.get("/metrics")[1], re.MULTILINE)
    assert match, f"/metrics has no {name}"
    return float(match.group(1))


def one_round(server, version, recordings):
    answer = sdk.run_json(version, ROBOTS, "register", server.url, "robots", recordings, "--on-duplicate", "replace")
    assert len(answer["segments"]) == 50, answer
    rows = sdk.run_json(version, ROBOTS, "check", server.url, "robots")
    assert rows == {f"robot_{number:03d}": 20 for number in range(50)}, rows


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=3600)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        sdk.run("0.41.0", SCRIPTS / "make_robots.py", work / "recordings", "--recordings", 50)
        with servers.Mutoscope(work / "data", "--allow-path", work / "recordings") as server:
            deadline, rounds, warm = time.monotonic() + args.seconds, 0, None
            while time.monotonic() < deadline or rounds <= ROUNDS_WARM:
                one_round(server, SDK_VERSIONS[rounds % 2], work / "recordings")
                rounds += 1
                memory, files = gauge(server, "process_resident_memory_bytes"), gauge(server, "process_open_fds")
                print(f"round {rounds}: {memory / 1e6:.1f} MB, {files:.0f} files", flush=True)
                if rounds == ROUNDS_WARM:
                    warm = (memory, files)
            assert memory < max(warm[0] * GROWTH_MAX, warm[0] + GROWTH_BYTES_MAX), f"memory grew from {warm[0]} to {memory}"
            assert files <= warm[1] + 64, f"open files grew from {warm[1]} to {files}"
    print(f"{rounds} rounds passed")


if __name__ == "__main__":
    main()
