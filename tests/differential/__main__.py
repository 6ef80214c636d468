"""Prints what each server answers: python -m differential [--server NAME] [WORD…], in tests/."""

import json
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

from differential import run  # noqa: E402
from differential.all_cases import WIRE  # noqa: E402
from differential.compare import differences  # noqa: E402


def main(words):
    brief = "--brief" in words
    words = [word for word in words if not word.startswith("--")]
    numbered = [item for name, item in WIRE.items() if not words or any(word in name for word in words)]
    with tempfile.TemporaryDirectory() as work:
        files = run.make_files(pathlib.Path(work) / "files")
        answers = run.wire_answers(numbered, files, work)
    if "--json" in sys.argv:
        json.dump(answers, sys.stdout, ensure_ascii=False)
        return
    for _, case in numbered:
        print(f"== {case.name}")
        oracle = None
        for server, of_server in answers.items():
            records = of_server.get(case.name)
            if records is None:
                continue
            if oracle is None or server == run.NEW:
                lines = [json.dumps(record, ensure_ascii=False) for record in records] if oracle is None or not brief else []
                lines += [f"DIFFERS {line}" for line in differences(oracle, records)] if oracle is not None else []
                oracle = records
            else:
                lines = differences(oracle, records)
            for line in lines:
                print(f"  [{server[:12]}] {line[:2000]}")


if __name__ == "__main__":
    main(sys.argv[1:])
