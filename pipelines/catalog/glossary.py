"""The glossary: terms of public finance, of the method and of engineering, in both languages."""

from __future__ import annotations

from functools import cache
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, model_validator

from pipelines.settings import SOURCES_DIR

GLOSSARY = SOURCES_DIR / "_schema" / "glossary.yml"
KINDS = ("fiscal", "method", "engineering")


class Words(BaseModel):
    """A text in Japanese and English."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    ja: str
    en: str


class Term(BaseModel):
    """A term: `authority` is the law or document that defines it, `page` our own document that has the rules.

    `see` names other terms, `explains` the KPIs and items whose figures it is about.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    kind: Literal["fiscal", "method", "engineering"]
    name: Words
    text: Words
    authority: Words | None = None
    page: str | None = None
    see: tuple[str, ...] = ()
    explains: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _is_founded(self) -> Term:
        if (self.authority is None) == (self.kind == "fiscal") or (self.page is None) != (
            self.kind == "fiscal"
        ):
            raise ValueError("a fiscal term names its authority, any other the page that has the rules")
        return self


@cache
def load_glossary() -> dict[str, Term]:
    """Return the terms by their ids, in their order; raises ValueError where one is described wrongly or sees an unknown one."""
    content = yaml.safe_load(GLOSSARY.read_text(encoding="utf-8"))
    terms = {term_id: Term.model_validate(entry) for term_id, entry in content.items()}
    for term_id, term in terms.items():
        if unknown := set(term.see) - set(terms):
            raise ValueError(f"{term_id}: sees {', '.join(sorted(unknown))}")
    return terms
