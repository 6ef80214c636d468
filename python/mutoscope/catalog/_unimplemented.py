"""What the server does not do yet."""

from __future__ import annotations

from typing import NoReturn


def unimplemented(method: str, why: str = "this version of Mutoscope does not do it yet") -> NoReturn:
    """Raises what the server's UNIMPLEMENTED becomes."""
    raise RuntimeError(f"{method} not implemented (Unimplemented): {why}")
