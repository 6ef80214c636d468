"""The type hints of the Python package hold, strictly; and users of the package see them."""

import pathlib
import subprocess
import sys

import mutoscope
from support.paths import ROOT


def mypy(*arguments, cwd=ROOT):
    return subprocess.run([sys.executable, "-m", "mypy", *map(str, arguments)], cwd=cwd, capture_output=True, text=True, timeout=300)


def test_the_package_is_clean():
    done = mypy("--strict", "python/mutoscope")
    assert done.returncode == 0, done.stdout + done.stderr


def test_users_see_the_types(tmp_path):
    assert (pathlib.Path(mutoscope.__file__).parent / "py.typed").is_file()
    (tmp_path / "user.py").write_text(
        "import mutoscope as rr\n"
        "client = rr.catalog.CatalogClient('rerun+http://127.0.0.1:1')\n"
        "names: list[str] = client.dataset_names()\n"
        "wrong: int = client.get_dataset('a').name\n"
    )
    done = mypy("user.py", cwd=tmp_path)
    assert done.returncode == 1 and done.stdout.count("error") == 2, done.stdout + done.stderr  # the wrong line, and the count of errors
    assert 'user.py:4: error: Incompatible types in assignment (expression has type "str", variable has type "int")' in done.stdout
