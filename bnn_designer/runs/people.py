"""The name by which a run is somebody's: given, not proven, so that the queue is fair and one can see whose it is.

"Ada", "ada" and " Ada " are one person. Runs without a name share one turn, as if they were one person's.
"""

from __future__ import annotations

from bnn_designer.errors import BnnDesignerError

#: Characters of a name.
MAX_NAME = 60


class NameOfPersonError(BnnDesignerError):
    """A text that is no name of a person."""


def person_of(text: str | None) -> str | None:
    """The name in a text, with single spaces; None where there is none.

    Raises:
        NameOfPersonError: it is too long, or has characters that cannot be printed.
    """
    name = " ".join((text or "").split())
    if not name:
        return None
    if len(name) > MAX_NAME or not name.isprintable():
        raise NameOfPersonError(
            f"{name[:MAX_NAME]!a}: a name has at most {MAX_NAME} characters, all of which can be printed. Shorten it."
        )
    return name


def same_person(name: str | None) -> str:
    """What two spellings of one name share; "" of a run without a name."""
    return (name or "").casefold()
