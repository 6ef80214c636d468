"""A stock SDK that logs to a message proxy, command by command from stdin; answers each with one line.

usage: live_log.py URL RECORDING_ID [APPLICATION_ID]
commands: rows FIRST COUNT | blobs COUNT BYTES | extras | photo | blueprint | flush | reconnect [URL] | disconnect
"""

import sys

import numpy as np
import rerun as rr
import rerun.blueprint as rrb

url, recording_id = sys.argv[1:3]
application_id = sys.argv[3] if len(sys.argv) > 3 else "live_test"
rr.init(application_id, recording_id=recording_id, spawn=False)
rr.connect_grpc(url)


def flush():
    rr.get_global_data_recording().flush()


def rows(first, count):
    for frame in range(int(first), int(first) + int(count)):
        rr.set_time("frame", sequence=frame)
        rr.set_time("at", duration=frame * 0.5)
        rr.log("speed", rr.Scalars(frame * 0.25))
        rr.log("note", rr.TextLog(f"frame {frame}"))


def blobs(count, size):
    """Incompressible, one chunk each."""
    noise = np.random.default_rng(1)
    for frame in range(int(count)):
        rr.set_time("frame", sequence=frame)
        rr.log("camera", rr.EncodedImage(contents=noise.integers(0, 256, int(size), dtype=np.uint8).tobytes(), media_type="image/jpeg"))


def extras():
    rr.log("about", rr.TextDocument("static text"), static=True)
    rr.send_property("episode", rr.AnyValues(success=True))
    rr.set_time("frame", sequence=0)
    rr.log("picture", rr.Image(np.arange(48, dtype=np.uint8).reshape(4, 4, 3)))


def photo():
    rr.set_time("frame", sequence=10)
    rr.log("photo", rr.Image(np.random.default_rng(2).integers(0, 256, (240, 320, 3), dtype=np.uint8)))


def blueprint():
    rr.send_blueprint(rrb.Blueprint(rrb.TimeSeriesView(origin="speed")), make_active=True, make_default=True)


def reconnect(target=url):
    rr.disconnect()
    rr.connect_grpc(target)


COMMANDS = {f.__name__: f for f in (rows, blobs, extras, photo, blueprint, flush, reconnect)} | {"disconnect": rr.disconnect}
print("connected", flush=True)
for line in sys.stdin:
    name, *arguments = line.split()
    COMMANDS[name](*arguments)
    print(name, flush=True)
