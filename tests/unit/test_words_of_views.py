"""The Japanese words of the views are those of the command line, of the pages and of the vocabulary of sources."""

from __future__ import annotations

import yaml
from jinja2 import Environment

from cli.messages import FLAGS, FRESHNESS, FRESHNESS_BASES, REASONS, STATUSES
from cli.outlook_words import MODELS, PROJECTION_REASONS
from pipelines.pages.text import TEXTS as PAGES
from pipelines.settings import DBT_PROJECT_DIR, SOURCES_DIR


def test_words_are_those_of_the_command_line_and_the_pages() -> None:
    vocabulary = yaml.safe_load((SOURCES_DIR / "_schema" / "vocabulary.yml").read_text(encoding="utf-8"))
    listed = {
        name: {word: text["ja"] for word, text in vocabulary[name].items()}
        for name in ("area_types", "value_statuses", "observation_statuses")
    }
    said = {
        "status": {word: pair[0] for word, pair in STATUSES.items()},
        "reason": {word: pair[0] for word, pair in REASONS.items()},
        "flag": {word: pair[0] for word, pair in FLAGS.items()},
        "model": {word: pair[0] for word, pair in MODELS.items()},
        "freshness": {word: pair[0] for word, pair in FRESHNESS.items()},
        "freshness_basis": {word: pair[0] for word, pair in FRESHNESS_BASES.items()},
        "area_type": listed["area_types"],
        "value_status": listed["value_statuses"],
        "observation_status": listed["observation_statuses"],
        "peer_scheme": {
            key.removeprefix("scheme_"): pair[0] for key, pair in PAGES.items() if key.startswith("scheme_")
        },
    }
    macro = (DBT_PROJECT_DIR / "macros" / "words.sql").read_text(encoding="utf-8")
    given: list[dict[str, str]] = []
    environment = Environment(extensions=["jinja2.ext.do"])  # noqa: S701
    module = environment.from_string(macro, {"return": given.append}).module
    for vocabulary_name, words in said.items():
        module.words(vocabulary_name)  # type: ignore[attr-defined]
        assert given.pop() == words, vocabulary_name
    module.words("blank")  # type: ignore[attr-defined]
    blanks = given.pop()
    assert {word: blanks.get(word) for word in PROJECTION_REASONS} == {
        word: pair[0] for word, pair in PROJECTION_REASONS.items()
    }
