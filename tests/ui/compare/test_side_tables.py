"""Designs side by side: costs with differences to the first, blocks, and what training made of each."""

from __future__ import annotations

from bnn_designer.compare import ALL_FIGURES, TrainedRun, grouped, network_key
from bnn_designer.design import Design, apply_edit
from bnn_designer.design.blocks import BinaryConv, Conv, GlobalPool, Head, Shortcut
from bnn_designer.design.edits import Add, Update, UpdateDesign
from bnn_designer.design.presets import preset
from bnn_designer.ui.compare.side_tables import cost_sheet, runs_sheet, structure_sheet, unknown_costs
from bnn_designer.ui.compare.sources import Chosen
from bnn_designer.ui.compare.table.values import Cell, Row, Sheet
from bnn_designer.ui.compare.words import settings_text, value_text


def chosen(*designs: Design) -> list[Chosen]:
    return [Chosen(f"preset:{number}", one.name, "preset", one) for number, one in enumerate(designs)]


def small(filters: int = 32) -> Design:
    conv = BinaryConv(id="b", filters=filters)
    return Design(name="small", blocks=(Conv(id="a", filters=8), conv, GlobalPool(id="g"), Head(id="h")))


def row(sheet: Sheet, title: str) -> Row:
    return next(one for one in sheet.rows if title in (one.title, one.note))


def texts(cells: tuple[Cell, ...]) -> list[str]:
    return [cell.text for cell in cells]


def test_every_figure_with_its_difference_to_the_first() -> None:
    sheet = cost_sheet(chosen(small(), small(64), small()))
    assert [one.title for one in sheet.rows] == [figure.heading for figure in ALL_FIGURES]
    memory = row(sheet, "Weight memory")
    # 32 more filters of 3 x 3 x 8 bits, and 10 more float weights of the head for each
    more_bytes = 32 * (3 * 3 * 8 // 8) + 32 * 10 * 4
    first, second, third = memory.cells
    assert second.note.startswith(f"+{more_bytes / 1024:.2f} KiB")
    assert second.tone == "more"
    assert (third.tone, third.text) == ("same", first.text)
    # the least figure is named where there is a choice
    assert (first.note, third.note) == ("least", "least")
    assert second.sort == (first.sort or 0) + more_bytes  # type: ignore[operator]


def test_one_figure_for_all_is_nobody_s_least() -> None:
    sheet = cost_sheet(chosen(small(), small()))
    assert {cell.note for one in sheet.rows for cell in one.cells} == {""}


def test_latencies_stand_with_their_error() -> None:
    pixel = row(cost_sheet(chosen(preset("quicknet"), preset("quicknet-large"))), "Latency, Pixel 1")
    assert all("±" in cell.text for cell in pixel.cells)


def test_a_design_with_an_error_has_no_figures_and_says_why() -> None:
    sheet = cost_sheet(chosen(small(), Design(name="empty")))
    cell = row(sheet, "File").cells[1]
    assert cell.tone == "unknown"
    assert cell.text == "not a network"
    assert "not a network: " in cell.hover
    (everything,) = unknown_costs(chosen(Design(name="empty")))
    assert everything.startswith("Unknown of empty: every figure (not a network: ")


def test_figures_that_several_designs_lack_are_explained_once() -> None:
    low_bit = Design(
        name="low-bit", blocks=(Conv(filters=8), BinaryConv(filters=8, input_quantizer="dorefa"), GlobalPool(), Head())
    )
    sentences = [one for one in unknown_costs(chosen(low_bit, small(), low_bit)) if "LCE has no kernel" in one]
    assert len(sentences) == 1
    assert sentences[0].startswith("Unknown of low-bit, low-bit: File, RAM, OPs, Binary MACs")


def test_changed_added_and_missing_blocks_are_marked_in_words() -> None:
    wider = small(64)
    longer = apply_edit(small(), Add(block=BinaryConv(id="n", filters=16), index=2))
    sheet, differing, total = structure_sheet(chosen(small(), wider, longer), only_differing=True)
    assert (differing, total) == (2, 5)
    assert texts(row(sheet, "b").cells) == ["filters 32", "≠ filters 32 → 64", "the same"]
    assert [cell.tone for cell in row(sheet, "b").cells] == ["", "strong", "same"]
    assert texts(row(sheet, "n").cells) == ["absent", "absent", "+ filters 16"]
    everything, _, _ = structure_sheet(chosen(small(), wider, longer), only_differing=False)
    # and the image and the classes
    assert len(everything.rows) == 5 + 2


def test_another_image_and_moved_blocks_are_told() -> None:
    inside = Design(
        name="other",
        input_shape=(64, 64, 3),
        blocks=(
            Conv(id="a", filters=8),
            Shortcut(id="s", body=(BinaryConv(id="b", filters=32),)),
            GlobalPool(id="g"),
            Head(id="h"),
        ),
    )
    sheet, _, _ = structure_sheet(chosen(small(), inside), only_differing=True)
    assert texts(row(sheet, "Image").cells) == ["32 x 32 x 3", "64 x 64 x 3"]
    assert texts(row(sheet, "b").cells)[1] == "≠ moved"
    assert texts(row(sheet, "s").cells) == ["absent", "+ present"]


def test_runs_stand_with_mean_spread_and_seeds_or_say_that_there_is_none() -> None:
    key = network_key(small())
    runs = [
        TrainedRun(f"r{seed}", "small", key, "10 epochs", seed, "done", best, best)
        for seed, best in ((0, 0.5), (1, 0.6))
    ]
    renamed = apply_edit(small(), UpdateDesign(changes={"name": "again"}))
    sheet = runs_sheet(chosen(small(), small(64), renamed), grouped(runs))
    first, second, third = sheet.rows
    # of 50 % and 60 % the mean is 55 %, and the sample standard deviation 10 / sqrt(2)
    assert texts(first.cells) == ["10 epochs", "2 done", "55.0 %", "55.0 %"]
    assert first.cells[2].note == "± 7.1 over 2 seeds"
    assert first.cells[1].note == "seeds 0, 1"
    assert set(texts(second.cells)) == {"no run yet"}
    assert texts(third.cells) == texts(first.cells)
    (waiting,) = runs_sheet(
        chosen(small()), grouped([TrainedRun("r", "small", key, "1 epoch", 0, "queued", None)])
    ).rows
    assert texts(waiting.cells) == ["1 epoch", "1 queued", "not known yet", "not known yet"]


def test_settings_are_told_where_they_are_no_defaults() -> None:
    assert settings_text(BinaryConv(filters=64, strides=(2, 2), use_bias=True)) == "filters 64, strides 2, use bias on"
    assert settings_text(GlobalPool()) == ""
    assert settings_text(apply_edit(small(), Update(block_id="b", changes={"kernel_size": [1, 3]})).find("b")) == (
        "filters 32, kernel size 1 x 3"
    )
    assert [value_text(one) for one in (None, True, False, 0.25, {"name": "dorefa"}, {"momentum": 0.9})] == [
        "off",
        "on",
        "off",
        "0.25",
        "dorefa",
        "on",
    ]
