"""The three data sets, made on demand with the stock SDK 0.36.3."""

import dataclasses
import pathlib
import subprocess

from contestants import BENCH, ENVIRONMENT, SDK_PYTHON


@dataclasses.dataclass(frozen=True)
class DataSet:
    name: str
    segments: int
    frames: int
    options: tuple[str, ...] = ()


_many = ("--width", "64", "--height", "48", "--raw-width", "64", "--raw-height", "48")
_huge = ("--width", "32", "--height", "24", "--raw-width", "32", "--raw-height", "24", "--batch", "4", "--imu-per-frame", "2")
FULL = {
    "medium": DataSet("medium", 20, 1000),
    "many": DataSet("many", 2000, 20, _many),
    "huge": DataSet("huge", 16000, 4, _huge),
}
QUICK = {
    "medium": DataSet("medium", 3, 100),
    "many": DataSet("many", 100, 20, _many),
    "huge": DataSet("huge", 400, 4, _huge),
}


def ensure(data_set: DataSet, root: pathlib.Path) -> pathlib.Path:
    """The directory of the recordings; a marker says that all of them are there."""
    directory, marker = root / data_set.name, root / f"{data_set.name}.done"
    described = f"{data_set.segments} x {data_set.frames}\n"
    complete = directory.is_dir() and sum(1 for _ in directory.glob("*.rrd")) >= data_set.segments
    if complete and (not marker.exists() or marker.read_text() == described):
        return directory
    print(f"generating {data_set.segments} recordings of {data_set.frames} frames in {directory}", flush=True)
    sizes = ["--segments", str(data_set.segments), "--frames", str(data_set.frames)]
    command = [SDK_PYTHON["0.36.3"], str(BENCH / "gen_recordings.py"), str(directory), *sizes, *data_set.options]
    subprocess.run(command, env=ENVIRONMENT, check=True)
    marker.write_text(described)
    return directory
