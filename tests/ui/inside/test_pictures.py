from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image

from bnn_designer.inspection.left_looks import FULL
from bnn_designer.inspection.trying import Ask
from bnn_designer.ui.inside.figures import boundaries, channel_rows, confused_text, stage_rows
from bnn_designer.ui.inside.pictures import (
    GAP,
    channels_picture,
    left_html,
    mistakes_html,
    picture_html,
    scale_html,
    scaled_picture,
    tiles_picture,
    tiles_text,
    tiles_width,
)
from tests.inspection.made import made_found, made_tried


def test_a_weight_is_a_pixel_and_kernels_stand_apart() -> None:
    tiles = np.zeros((2, 3, 3, 3), np.uint8)
    tiles[1, 2, 0, 1] = 1
    found = tiles_picture(tiles)
    assert found.shape == (2 * 4 - 1, 3 * 4 - 1)
    assert found[1 * 4 + 0, 2 * 4 + 1] == 255
    assert (found == 255).sum() == 1
    assert (found == 0).sum() == 2 * 3 * 9 - 1
    assert (found[3] == GAP).all()


def test_weights_of_one_tap_have_no_gaps() -> None:
    assert tiles_picture(np.ones((2, 5, 1, 1), np.uint8)).tolist() == [[255] * 5] * 2


def test_a_layer_of_few_channels_is_not_many_screens_tall() -> None:
    few, many, most = (tiles_picture(np.zeros((n, c, 3, 3), np.uint8)) for n, c in ((32, 3), (32, 32), (64, 3)))
    # 32 kernels of 3 x 3 with gaps of one are 127 rows, of which 700 pixels hold 5 pixels each; 11 and 127 columns
    assert [tiles_width(one) for one in (few, many)] == ["min(100%, 55px)", "min(100%, 635px)"]
    assert tiles_width(most) == "min(100%, 44px)"  # 255 rows would have 2 pixels each, which nobody can tell apart
    assert "min(100%, 55px)" in picture_html(few, "kernels", width=tiles_width(few))


def test_a_number_a_weight_is_a_color_from_blue_to_yellow_and_none_is_black() -> None:
    found = scaled_picture(np.array([[[[0]], [[1]], [[4]]]], np.uint8), 4)
    assert found.tolist() == [[[0, 0, 0], [59, 82, 139], [253, 231, 37]]]
    assert scaled_picture(np.ones((1, 1, 1, 1), np.uint8), 1).tolist() == [[[59, 82, 139]]]
    assert "never" in scale_html("never", "epoch 1", "epoch 4")


def test_the_words_say_what_is_left_out() -> None:
    shown = np.zeros((64, 64, 3, 3), np.uint8)
    assert "64 filters from top to bottom, 64 input channels from left to right. White" in tiles_text(
        shown, (3, 3, 64, 64)
    )
    assert "left to right, of 512 and 128. White" in tiles_text(shown, (3, 3, 128, 512))
    assert "Weights: 10 filters" in tiles_text(np.zeros((10, 64, 1, 1)), (4096, 10))
    assert "of" not in tiles_text(np.zeros((32, 1, 3, 3)), (3, 3, 32, 1)).split("left to right")[1]


def test_what_a_data_set_calls_its_classes_is_no_markup() -> None:
    found = made_found("aaaa0000")
    html = mistakes_html(found.inside, found.arrays["mistakes"])
    assert "<b>dog" not in html.replace("<b>&lt;b&gt;", "")
    assert html.count("<img ") == len(found.inside.mistakes) == html.count('alt="Test image ')
    assert 'alt="&quot;&gt;"' in picture_html(np.zeros((2, 2, 1), np.uint8), '">')


def test_channels_that_are_no_colors_lie_below_each_other() -> None:
    series = np.array([[[1, 200], [2, 201], [3, 202]]], np.uint8)  # height 1, width 3, two channels
    data = picture_html(series, "").split("base64,")[1].split('"')[0]
    with Image.open(io.BytesIO(base64.b64decode(data))) as picture:
        assert np.asarray(picture).tolist() == [[1, 2, 3], [200, 201, 202]]


def test_channels_stand_beside_each_other_eight_in_a_row() -> None:
    bits = np.full((2, 2, 9), -1, np.int8)
    bits[0, 1, 8] = 1
    found = channels_picture(bits, is_bits=True)
    assert found.shape == (2 * 3 - 1, 8 * 3 - 1, 3)
    assert np.argwhere((found == 255).all(axis=-1)).tolist() == [[3, 1]]
    assert (found[2] == GAP).all()
    assert (found[3:, 3:] == GAP).all()  # no channel there


def test_floats_are_blue_above_zero_and_orange_below_it() -> None:
    found = channels_picture(np.array([[[-FULL, 0, FULL]]], np.int8), is_bits=False)
    assert found.tolist() == [[[230, 159, 0], [255, 255, 255], [0, 114, 178]]]


def test_what_is_left_says_what_it_is() -> None:
    there = made_tried(Ask(index=0), None)
    html = left_html(there.tried.left, there.left)
    assert html.count("<figure>") == 3
    assert 'alt="Tensor 1, conv_1.sign: 16 x 16 x 40, bits"' in html
    assert "16 x 16 x 40, bits, the first 32 channels shown; 2 channels turned" in html
    assert "3 numbers, floats from \N{MINUS SIGN}1.5 to 3" in html
    assert "75.0 % are +1" in html
    assert "50.0 % are at least 0" in html
    assert "Too large" in html
    assert "— are at least 0" in html


def test_a_bit_changes_between_two_sums() -> None:
    """Below -4 -1 (factor 1, offset 4); above 2 -1 (factor -1, offset 2); never."""
    found = made_found("aaaa0000")
    with_thresholds, without = found.inside.sums
    edges = boundaries(found, with_thresholds)
    assert edges is not None
    assert edges[:2].tolist() == [-4.5, 2.5]
    assert np.isnan(edges[2])
    assert boundaries(found, without) is None


def test_channels_are_rows_and_a_dead_one_says_so() -> None:
    found = made_found("aaaa0000")
    rows = channel_rows(found, found.inside.signs[0])
    assert [row["Channel"] for row in rows] == list(range(6))
    assert [row["Remark"] for row in rows] == ["", "", "always +1", "", "", ""]
    assert rows[2]["+1 after the batch norm, %"] == 100
    assert rows[3]["Skewness"] is None
    assert [row["Tensor"] for row in stage_rows(found, found.inside.signs[0])] == [
        "after the convolution",
        "after the batch norm",
    ]


def test_the_most_frequent_confusions_are_named() -> None:
    found = made_found("aaaa0000")
    found.arrays["confusion"] = np.array([[5, 3, 0], [0, 5, 0], [7, 0, 5]])
    expected = "a frog with a long name taken for cat 7 times, cat taken for <b>dog</b> 3 times"
    assert confused_text(found) == expected
    found.arrays["confusion"] = np.eye(3, dtype=int)
    assert confused_text(found) == ""
