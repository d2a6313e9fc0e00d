"""Changing the draft of this browser tab; meant as callbacks of widgets, so that the page is drawn after the change.

Several tabs, or people, may have one draft open. A tab's change is meant for what the tab shows: where somebody else
changed the draft since, it is held back, and the page asks.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from bnn_designer.design import Design, Edit, apply_edit, positions, walk
from bnn_designer.errors import BnnDesignerError
from bnn_designer.runs.drafts import Draft, DraftConflict, DraftError, Mark
from bnn_designer.runs.faults import StoreFault
from bnn_designer.ui.shared.state import drafts, notify, reported, select
from bnn_designer.ui.shared.tab import Act, current, notes, set_current


def open_design(design: Design, recipe_json: str | None = None) -> None:
    """Makes a new draft of a design and looks at it; the recipe is what the Train page shows with it."""
    with reported():
        open_draft(drafts().create(design, recipe_json).id)


def open_draft(draft_id: str | None) -> None:
    """Looks at another draft; None: at none."""
    set_current("draft", draft_id)
    select(())


def edit(make: Callable[[Design], Edit | None]) -> None:
    """Applies an edit to the draft and selects the blocks that it adds, if any; an error is kept for the page.

    Args:
        make: gives the edit for the design as it is now, or None for none. A press can come before the page has been
            drawn anew after the last one, so that an edit made while drawing could be one of an older design.
    """

    def change(design: Design) -> Design:
        wanted = make(design)
        return design if wanted is None else apply_edit(design, wanted)

    change_draft(change)


def change_draft(change: Callable[[Design], Design], mark: Mark | None = None) -> Draft | None:
    """Changes the draft's design and returns the draft; an error leaves it as it was and is kept for the page.

    Where somebody else changed the draft since this tab last drew it, the change is kept for the page to ask about it.

    Raises:
        StoreFault: nothing can be saved now, and the change has a mark: the browser keeps it, and sends it again.
    """

    def act(draft_id: str, seen: int | None, mark: Mark | None) -> Draft:
        before: list[Design] = []

        def remembered(design: Design) -> Design:
            before[:] = [design]
            return change(design)

        draft = drafts().change(draft_id, remembered, seen=seen, mark=mark, editor=notes().editor)
        if before and (made := new_blocks(before[0], draft.design)):
            select(made)
        return draft

    return _with_draft(act, mark)


def undo(mark: Mark | None = None) -> Draft | None:
    """Takes the draft one step back; nothing happens where there is none."""
    return _with_draft(
        lambda draft_id, seen, mark: drafts().undo(draft_id, mark, seen=seen, editor=notes().editor), mark
    )


def redo(mark: Mark | None = None) -> Draft | None:
    """Takes the draft one step forward again; nothing happens where none was undone."""
    return _with_draft(
        lambda draft_id, seen, mark: drafts().redo(draft_id, mark, seen=seen, editor=notes().editor), mark
    )


def new_blocks(before: Design, after: Design) -> tuple[str, ...]:
    """The blocks that only the later design has, without those inside another of them."""
    old = {block.id for _, block in walk(before.blocks)}
    return tuple(
        position.block.id
        for position in positions(after.blocks)
        if position.block.id not in old and (position.parent_id is None or position.parent_id in old)
    )


def _with_draft(act: Act, mark: Mark | None) -> Draft | None:
    mine = notes()
    draft_id = current("draft")
    if draft_id is None:
        return None
    try:
        draft = act(draft_id, mine.seen.get(draft_id), mark)
    except DraftConflict as conflict:
        mine.held.append((draft_id, act))
        mine.conflict = conflict
        _skip(draft_id, mark)
        return None
    except StoreFault as fault:
        if mark is not None:
            raise
        notify(str(fault))
        return None
    except BnnDesignerError as error:
        notify(str(error))
        _skip(draft_id, mark)
        return None
    see(draft)
    return draft


def _skip(draft_id: str, mark: Mark | None) -> None:
    """Notes an operation as dealt with; of a draft that is gone there is nothing to note."""
    if mark is not None:
        with suppress(DraftError):
            drafts().skip(draft_id, mark)


# ---- several tabs, or people, on one draft


def see(draft: Draft) -> None:
    """Notes that this tab shows the draft as it is now: what it changes next is meant for this."""
    notes().seen[draft.id] = draft.revision


def conflict() -> DraftConflict | None:
    """The change by others that this tab's held ones would have gone over; None where none is held."""
    mine = notes()
    return mine.conflict if mine.held else None


def settle(apply: bool) -> None:
    """Makes the held changes on top of the draft as it is now, or forgets them."""
    mine = notes()
    held, mine.held, mine.conflict = mine.held, [], None
    for draft_id, act in held if apply else ():
        with reported():
            see(act(draft_id, None, None))
