"""Why each kind of defect matters and how to mend it, from `sources/_schema/defect_rules.yml`."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

import yaml
from pydantic import BaseModel, ConfigDict

from pipelines.catalog.errors import SourceDescriptionError
from pipelines.catalog.vocabulary import Label
from pipelines.settings import SOURCES_DIR

_TOP_LEVEL = re.compile(r"^(\w+):", re.MULTILINE)
_CELL_FORMATS = ("not_", "allowed", "reference", "pattern", "minimum", "maximum")


class DefectRule(BaseModel):
    """What a reader of a defect report is told beside the defect itself."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    why: Label
    mend: Label


@cache
def defect_rules() -> dict[str, DefectRule]:
    """Read the rules once a process."""
    path = SOURCES_DIR / "_schema" / "defect_rules.yml"
    text = path.read_text(encoding="utf-8")
    # Of two entries with one name YAML keeps the last in silence, and reports would explain the wrong one.
    if twice := [name for name, count in Counter(_TOP_LEVEL.findall(text)).items() if count > 1]:
        raise SourceDescriptionError(f"{path}: {', '.join(twice)}: two entries")
    content = yaml.safe_load(text)
    return {name: DefectRule.model_validate(rule) for name, rule in content.items()}


def explanation_of(rule: str) -> DefectRule:
    """Return why a rule matters; a rule of a cell's form or of a description stands under its kind."""
    rules = defect_rules()
    if rule in rules:
        return rules[rule]
    return rules["cell_format" if rule.startswith(_CELL_FORMATS) else "row_rule"]
