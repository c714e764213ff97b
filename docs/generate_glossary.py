"""Render `docs/glossary.ja.md` and `.md` from `sources/_schema/glossary.yml`.

Run `.venv/bin/python docs/generate_glossary.py` after a change to a term; with `--check` it only compares, and exits
with 1 when a file is stale.
"""

from __future__ import annotations

import sys
from pathlib import Path

from pipelines.catalog.glossary import KINDS, Term, load_glossary

FOLDER = Path(__file__).resolve().parent
TARGETS = {"ja": FOLDER / "glossary.ja.md", "en": FOLDER / "glossary.md"}
_HEADS = {
    "ja": "# 用語集\n\n日本語 | [English](glossary.md)\n\n"
    "財政と改革の用語、判定に使うことば、この倉庫の技術のことばを、自分たちの言葉で説明したもの。財政の用語には、"
    "定めている法律・文書の名を付けた。正確な定義はそれらを見てほしい。\n",
    "en": "# Glossary\n\n[日本語](glossary.ja.md) | English\n\n"
    "Terms of public finance and its reform, words used in the verdicts, and words of engineering, explained in our own "
    "words. A term of finance names the law or document that defines it; these have the exact definition.\n",
}
_KINDS = {
    "ja": dict(zip(KINDS, ("財政と改革", "判定のことば", "技術のことば"), strict=True)),
    "en": dict(
        zip(KINDS, ("Public finance and its reform", "Words of the verdicts", "Engineering"), strict=True)
    ),
}
_LABELS = {"ja": ("定め", "規則", "関連", "この用語の数値"), "en": ("Defined by", "Rules", "See", "Figures")}


def _words(pair: object, language: str) -> str:
    text: str = getattr(pair, language)
    return " ".join(text.split())


def _page(page: str, language: str) -> str:
    """Return the link to a page of ours, in the language where there is one."""
    name = Path(page).name
    own = name.replace(".md", ".ja.md")
    target = own if language == "ja" and (FOLDER / own).exists() else name
    return f"[{target}]({target})"


def _entry(term_id: str, term: Term, terms: dict[str, Term], language: str) -> str:
    authority, rules, see, figures = _LABELS[language]
    other = "en" if language == "ja" else "ja"
    lines = [
        f'<a id="{term_id}"></a>\n**{_words(term.name, language)}** ({_words(term.name, other)})\n',
        _words(term.text, language) + "\n",
    ]
    if term.authority:
        lines.append(f"- {authority}: {_words(term.authority, language)}")
    if term.page:
        lines.append(f"- {rules}: {_page(term.page, language)}")
    if term.see:
        links = ", ".join(f"[{_words(terms[name].name, language)}](#{name})" for name in term.see)
        lines.append(f"- {see}: {links}")
    if term.explains:
        lines.append(f"- {figures}: {', '.join(f'`{name}`' for name in term.explains)}")
    return "\n".join(lines) + "\n"


def render(language: str) -> str:
    """Return the whole page in a language."""
    terms = load_glossary()
    parts = ["<!-- Written by docs/generate_glossary.py: do not edit by hand. -->\n", _HEADS[language]]
    for kind in KINDS:
        parts.append(f"## {_KINDS[language][kind]}\n")
        parts += [_entry(name, term, terms, language) for name, term in terms.items() if term.kind == kind]
    return "\n".join(parts)


def main(arguments: list[str]) -> int:
    """Write the pages, or with `--check` say which are stale."""
    stale = 0
    for language, target in TARGETS.items():
        page = render(language)
        if "--check" not in arguments:
            target.write_text(page, encoding="utf-8")
        elif not target.exists() or target.read_text(encoding="utf-8") != page:
            print(f"docs/{target.name} is stale: run docs/generate_glossary.py", file=sys.stderr)
            stale = 1
    return stale


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
