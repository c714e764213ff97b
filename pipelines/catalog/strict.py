"""What every described thing shares: unknown keys are errors, words come from the vocabulary."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from pipelines.catalog.vocabulary import load_vocabulary


class Strict(BaseModel):
    """A description that refuses what it does not know and cannot be changed."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def require(kind: str, word: str) -> None:
    """Raise ValueError when a word is not in the vocabulary."""
    if word not in load_vocabulary().names(kind):
        raise ValueError(f"{word} is not one of the {kind} of the vocabulary")
