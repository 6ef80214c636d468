"""What differs between two normalised answers, as lines that name the place."""


class Any:
    """Equals everything of a type, in an answer that is expected on purpose."""

    def __init__(self, kind=object):
        self.kind = kind

    def __deepcopy__(self, memo):
        return self

    def __repr__(self):
        return f"any {self.kind.__name__}"


def differences(expected, actual, place=""):
    if isinstance(expected, Any):
        return [] if isinstance(actual, expected.kind) else [f"{place}: expected {expected}, got {actual!r}"]
    if isinstance(expected, dict) and isinstance(actual, dict):
        lines = []
        for key in sorted({*expected, *actual}, key=str):
            where = f"{place}.{key}" if place else str(key)
            if key not in actual:
                lines.append(f"{where}: missing, expected {short(expected[key])}")
            elif key not in expected:
                lines.append(f"{where}: not expected: {short(actual[key])}")
            else:
                lines += differences(expected[key], actual[key], where)
        return lines
    if isinstance(expected, list) and isinstance(actual, list):
        lines = [
            line for at, (one, other) in enumerate(zip(expected, actual)) for line in differences(one, other, f"{place}[{at}]")
        ]
        for at in range(len(actual), len(expected)):
            lines.append(f"{place}[{at}]: missing, expected {short(expected[at])}")
        for at in range(len(expected), len(actual)):
            lines.append(f"{place}[{at}]: not expected: {short(actual[at])}")
        return lines
    return (
        []
        if expected == actual and type(expected) is type(actual)
        else [f"{place}: expected {short(expected)}, got {short(actual)}"]
    )


def short(value, length_max=300):
    text = repr(value)
    return text if len(text) <= length_max else text[:length_max] + "…"
