"""How a command says that it was used wrongly."""


class UsageError(ValueError):
    """The command was used wrongly; the text is the whole message."""
