"""200 clients at once for some seconds; `make load` does it for a minute."""

import load
from support import sdk
from support.paths import SCRIPTS

CLIENTS, SECONDS = 200, 12


def test_many_clients_at_once_get_right_answers_and_take_no_more_memory(serve, tmp_path):
    sdk.run("0.41.0", SCRIPTS / "make_robots.py", tmp_path / "robots", "--recordings", 20)
    server = serve("--allow-path", tmp_path / "robots")
    times, errors, memory = load.run(server, tmp_path / "robots", CLIENTS, SECONDS)
    assert errors == {}
    assert set(times) == {"query", "scan_segments", "register", "write_table", "scan_table", "entries", "properties"}
    assert max(memory) < 600 << 20
    assert server.stop() == 0
