"""Why each kind of defect matters and how to mend it, from `sources/_schema/defect_rules.yml`."""

from __future__ import annotations

from functools import cache

import yaml
from pydantic import BaseModel, ConfigDict

from pipelines.catalog.vocabulary import Label
from pipelines.settings import SOURCES_DIR

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
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {name: DefectRule.model_validate(rule) for name, rule in content.items()}


def explanation_of(rule: str) -> DefectRule:
    """Return why a rule matters; a rule of a cell's form or of a description stands under its kind."""
    rules = defect_rules()
    if rule in rules:
        return rules[rule]
    return rules["cell_format" if rule.startswith(_CELL_FORMATS) else "row_rule"]
