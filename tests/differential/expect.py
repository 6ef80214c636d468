"""What our server has to answer: what the stock server of one version answers, but for what on_purpose.py says."""

import copy
import re

from differential.cases import NEW, OLD
from differential.compare import differences
from differential.on_purpose import ABSENT, ON_PURPOSE, PROGRAMS_ON_PURPOSE
from differential.stock_versions import STOCK_DIFFERS

STEP = re.compile(r"\[(\d+)\]|\.?([^.\[\]]+)")


def parts(path):
    return [int(number) if number else name for number, name in STEP.findall(path)]


def get(value, path):
    for part in parts(path):
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return ABSENT
    return value


def put(value, path, content):
    *before, last = parts(path)
    for part in before:
        value = value[part]
    if content is ABSENT:
        del value[last]
    elif isinstance(value, list) and last == len(value):
        value.append(content)
    else:
        value[last] = content


def oracle(case):
    """The stock version whose answer counts."""
    return case.only or STOCK_DIFFERS.get(case.name, (NEW,))[0]


def expected_answer(case, answers):
    """The stock answer with what we do otherwise on purpose."""
    expected = copy.deepcopy(answers[oracle(case)][case.name])
    for path, content in ON_PURPOSE[case.name][1].items() if case.name in ON_PURPOSE else ():
        put(expected, path, content)
    return expected


def expected_of_program(program, version, answers):
    """The answers of the same client with its own server, with what we do otherwise on purpose."""
    expected = copy.deepcopy(answers[version, version][program])
    for path, content in PROGRAMS_ON_PURPOSE.get((program, version), (None, {}))[1].items():
        put(expected, path, content)
    return expected


def stale_purposes(case, answers):
    """Places where on_purpose.py says what the stock server answers anyway."""
    _, changes = ON_PURPOSE[case.name]
    stock = answers[oracle(case)][case.name]
    return [path for path, content in changes.items() if get(stock, path) == content]


def stock_differences(case, answers):
    """Where the two stock servers differ, but for what every version has otherwise."""
    if case.only:
        return []
    return differences(in_new_form(answers[OLD][case.name]), in_new_form(answers[NEW][case.name]))


def in_new_form(answer):
    """Without what 0.36 and 0.41 always do in different ways: URLs of segments, a column of tasks, one of the list of entries."""
    if isinstance(answer, dict):
        return {key: in_new_form(value) for key, value in answer.items()}
    if isinstance(answer, list):
        if answer[:1] == ["blob_len"]:
            return ["blob", "binary", *answer[2:]]
        if answer[:2] == ["entry_kind", "int32"]:
            return ["entry_kind", "uint8", False, {"rerun:component_type": "rerun.components.EntryKind"}]
        return [in_new_form(item) for item in answer]
    return "<url>" if isinstance(answer, str) and answer.startswith(("memory:///store/", "file://<files>")) else answer
