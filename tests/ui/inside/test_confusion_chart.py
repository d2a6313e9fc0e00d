from __future__ import annotations

import numpy as np

from bnn_designer.picture.colors import luminance
from bnn_designer.ui.inside.confusion_chart import ALL, MOST_NUMBERS, NONE, cell_color, confusion_chart


def test_every_number_can_be_read_on_its_cell() -> None:
    """Twenty classes of 100 images with shares of 0, 5, .. 95 %, and the rest: at least 4.5 to 1 by WCAG's formula."""
    assert [NONE, ALL] == [(0xEA, 0xF2, 0xF8), (0x00, 0x72, 0xB2)]
    counts = np.zeros((20, 20), int)
    counts[:, 0] = range(0, 100, 5)
    counts[:, 1] = 100 - counts[:, 0]
    cells, numbers = confusion_chart(counts, [str(one) for one in range(20)]).data
    assert [color for _, color in cells.colorscale] == ["#EAF2F8", "#0072B2"]
    for count, share, text, ink in zip(
        counts.ravel(), cells.z.ravel(), numbers.text, numbers.textfont.color, strict=True
    ):
        assert (text, share) == (str(count), count / 100)
        paper = luminance(cell_color(share)) + 0.05
        assert {"#000000": paper / 0.05, "#FFFFFF": 1.05 / paper}[ink] >= 4.5, (share, ink)


def test_numbers_stand_in_the_cells_of_their_classes() -> None:
    figure = confusion_chart(np.array([[5, 3], [0, 7]]), ["cat", "<b>dog</b>"])
    numbers = figure.data[1]
    assert list(zip(numbers.y, numbers.x, numbers.text, strict=True)) == [
        ("cat", "cat", "5"),
        ("cat", "&lt;b&gt;dog&lt;/b&gt;", "3"),
        ("&lt;b&gt;dog&lt;/b&gt;", "cat", "0"),
        ("&lt;b&gt;dog&lt;/b&gt;", "&lt;b&gt;dog&lt;/b&gt;", "7"),
    ]
    # five of a class of eight: 0.625 of the way from the one color to the other
    assert cell_color(5 / 8)[0] == 234 - 0.625 * 234


def test_many_classes_leave_no_room_for_numbers() -> None:
    many = MOST_NUMBERS + 1
    assert len(confusion_chart(np.eye(many, dtype=int), [str(one) for one in range(many)]).data) == 1
