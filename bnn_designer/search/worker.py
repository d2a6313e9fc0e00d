"""The process of a search that a page has started: goes on with it until there is enough, or SIGTERM.

    python -m bnn_designer.search.worker SEARCH_ID

Its lines go to the search's log, and the last one to the page (``process.py``).
"""

from __future__ import annotations

import contextlib
import logging
import signal
import sys
from dataclasses import asdict

from bnn_designer.errors import BnnDesignerError
from bnn_designer.processes import Owner
from bnn_designer.runs.store import Store
from bnn_designer.runs.sweeps import sweep
from bnn_designer.search import process
from bnn_designer.search.loop import go
from bnn_designer.search.results import found_of

LOG = logging.getLogger(__name__)

STOPPED = "It was stopped; a run at work is paused."


def main(key: str) -> int:
    """Searches on; the exit status is 1 if that stopped on an error, else 0."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    signal.signal(signal.SIGTERM, _interrupt)
    store = Store()
    asked = process.read(store, key)
    if asked is None:
        LOG.error("search %s: nobody has asked for it", key)
        return 1
    work = asked.model_copy(update={**asdict(Owner.of_process()), "ended": None, "failed": False})

    def say(text: str) -> None:
        LOG.info("%s", text)
        tell(said=text.strip())

    def tell(**more: object) -> None:
        nonlocal work
        work = work.model_copy(update=more)
        with contextlib.suppress(OSError, BnnDesignerError):  # a full disk: the search goes on without being told of
            process.write(store, key, work)

    try:
        record = sweep(store, key)
        found = found_of(record)
        tell(
            ended=go(
                store.for_account(record.account), key, found.search, list(found.trials), work.amount, say, work.person
            )
        )
    except KeyboardInterrupt:
        tell(ended=STOPPED)
    except BnnDesignerError as error:
        LOG.error("%s", error)
        tell(ended=str(error), failed=True)
    except Exception as error:
        LOG.exception("unexpected error")
        tell(ended=f"An unexpected error: {error!r}. See {process.log_path(store, key)}.", failed=True)
    finally:
        store.close()
    return int(work.failed)


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
