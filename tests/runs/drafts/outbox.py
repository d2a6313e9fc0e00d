"""A browser tab as a process of its own: sends numbered operations until it has been told that all were taken.

``python -m tests.runs.drafts.outbox URL DRAFT CLIENT COUNT SEED`` may be killed at any moment and started again. As a
tab that lost its connection, it does not know which of its operations arrived, begins with earlier ones, and sends some
twice. Operation ``n`` adds a block with the label ``CLIENT.n``; every seventh one is refused, and skipped.
"""

from __future__ import annotations

import random
import sys

from bnn_designer.design import Design, apply_edit
from bnn_designer.design.blocks import Activation
from bnn_designer.design.edits import Add, Remove
from bnn_designer.errors import DesignError
from bnn_designer.runs.connection import open_engine
from bnn_designer.runs.drafts import Drafts, Mark

REFUSED = 7


def main(url: str, draft_id: str, client: str, count: int, seed: int) -> None:
    chance = random.Random(seed)
    drafts = Drafts(open_engine(url))

    def send(number: int) -> None:
        def change(design: Design) -> Design:
            refused = number % REFUSED == 0
            return apply_edit(design, Remove(block_id="gone") if refused else Add(block=Activation(label=label)))

        label = f"{client}.{number}"
        try:
            drafts.change(draft_id, change, mark=Mark(client, number), editor=client)
        except DesignError:
            drafts.skip(draft_id, Mark(client, number))

    number = max(1, drafts.applied(draft_id, client) + 1 - chance.randrange(4))
    while number <= count:
        for _ in range(chance.choice((1, 1, 2, 3))):
            send(number)
            print(number, flush=True)
        number += 1


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
