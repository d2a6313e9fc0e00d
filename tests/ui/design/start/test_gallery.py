"""What the gallery says of each preset, and by what it is filtered."""

from __future__ import annotations

from bnn_designer.cost import DeployedCost, cost
from bnn_designer.design.presets import PRESETS, preset
from bnn_designer.ui.design.start.gallery import FILE_SIZES, gallery
from bnn_designer.units import bytes_text


def _by_name() -> dict[str, dict[str, object]]:
    return {str(one["name"]): one for one in gallery()}


def test_every_preset_is_there_in_its_order_with_a_picture() -> None:
    assert list(_by_name()) == list(PRESETS)
    assert all(str(one["picture"]).startswith("<svg") for one in gallery())


def test_published_and_counted_figures_stand_apart() -> None:
    found = _by_name()
    assert found["bi-real-net"]["published"] == "57.5 % top-1 · 4.00 MB · 41.7 ms Pixel 1"
    assert found["quicknet-cifar"]["published"] == ""  # our own: nothing was published
    deployed = cost(preset("bi-real-net")).deployed
    assert isinstance(deployed, DeployedCost)
    counted = f"{bytes_text(deployed.file_bytes)} file · {bytes_text(deployed.arena_bytes)} RAM · 1.81 G MACs"
    assert found["bi-real-net"]["counted"] == counted
    assert found["bi-real-net"]["file_bytes"] == deployed.file_bytes


def test_a_network_that_cannot_be_deployed_says_so_and_has_no_size_of_file() -> None:
    dorefa = _by_name()["dorefa-net"]
    assert dorefa["file_bytes"] is None
    assert str(dorefa["counted"]).endswith("not deployable")
    assert "of weights" in str(dorefa["counted"])


def test_filters_divide_the_presets() -> None:
    files = [one["file_bytes"] for one in gallery() if one["file_bytes"] is not None]
    counts = [sum(size <= limit for size in files) for limit in FILE_SIZES]
    assert counts == sorted(set(counts))  # each class has more than the one before
    assert counts[0] > 0
    assert counts[-1] < len(files)
    assert {bool(one["shortcuts"]) for one in gallery()} == {True, False}


def test_a_search_finds_name_sentence_group_and_paper() -> None:
    words = str(_by_name()["reactnet-a"]["words"])
    for word in ("reactnet", "imagenet size", "mobilenet", "2003.03488"):
        assert word in words


def test_networks_made_for_imagenet_are_offered_for_small_images() -> None:
    offered = {one["name"] for one in gallery() if one["small"]}
    assert {"bi-real-net", "quicknet", "reactnet-a"} <= offered
    assert not any(one["small"] for one in gallery() if one["group"] != "ImageNet size")
