"""What may be wrong with a description; apart from the loader, so that a command can name it without loading it."""

from __future__ import annotations


class SourceDescriptionError(ValueError):
    """A `source.yml` says something it may not."""
