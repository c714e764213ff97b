"""What stopped a command, in the one line that its user reads."""

from __future__ import annotations

from cli.messages import Speaker
from cli.reader import NotPublishedError
from cli.storage import trouble_line
from cli.usage import UsageError
from pipelines.acquire.errors import TooManyFilesError
from pipelines.catalog.errors import SourceDescriptionError
from pipelines.lock import HomeBusyError, holder_of
from pipelines.settings import Home


def line_of(error: Exception, home: Home, say: Speaker) -> str | None:
    """Return what to tell the user of an error; None for one that only a traceback explains."""
    match error:
        case UsageError():
            return str(error)
        case NotPublishedError():
            return say("not_published", path=error)
        case HomeBusyError():
            return say("busy", path=error, holder=holder_of(home))
        case SourceDescriptionError():
            return say("description_error", detail=error)
        case TooManyFilesError():
            return say("too_many_files", detail=error)
        case OSError():
            return trouble_line(error, home, say) or say("unwritable", detail=error)
    return None
