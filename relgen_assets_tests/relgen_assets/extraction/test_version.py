"""The version of the rules: it changes with every rule, and with nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from relgen_assets import extraction
from relgen_assets.extraction.policy import JudgingPolicy
from relgen_assets.extraction.version import NO_RULES, RULES, rules_version, validator

MODULE = '''"""Names."""

LONGEST = 80
"""Characters of a name."""


class Names:
    """Known names."""

    known = ("a", "b")


def fits(name: str) -> bool:
    """Tell whether a name is short enough."""
    return len(name) <= LONGEST  # counted, not measured
'''


def version(source: str) -> str:
    return rules_version({"names": source})


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"""Names."""', '"""Names of things."""'),
        ('"""Names."""\n', ""),
        ('"""Characters of a name."""', '"""Most characters a name may have."""'),
        ('    """Known names."""\n\n', ""),
        ("  # counted, not measured", ""),
        ("<= LONGEST", "<= (\n        LONGEST\n    )"),
        ("'", '"'),
        ("\n\n\ndef", "\n\n# Rules.\n\n\ndef"),
    ],
)
def test_comments_docstrings_and_layout_keep_it(old: str, new: str) -> None:
    assert version(MODULE.replace(old, new)) == version(MODULE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("LONGEST = 80", "LONGEST = 81"),
        ('("a", "b")', '("a", "c")'),
        ("<=", "<"),
        ("return len(name)", "name = name.strip()\n    return len(name)"),
        ("class Names", "class Terms"),
    ],
)
def test_a_changed_constant_or_line_of_code_changes_it(old: str, new: str) -> None:
    assert version(MODULE.replace(old, new)) != version(MODULE)


def test_every_module_of_the_package_is_listed_as_a_rule_or_not() -> None:
    found = {path.stem for path in Path(extraction.__file__).parent.glob("*.py")}
    assert found == {*RULES, *NO_RULES}
    assert not set(RULES) & set(NO_RULES)


def test_the_validator_names_the_project_and_the_version() -> None:
    name, _, number = validator(JudgingPolicy()).partition("-")
    assert (name, len(number)) == ("relgen", 12)
