"""The lessons as a student does them, and every number that they show held to bnn_designer/lessons."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import asdict
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Locator, Page, expect

from bnn_designer.bench.browser import pages
from bnn_designer.bench.browser.server import APP, served
from bnn_designer.lessons import COURSE, budget_puzzle, ends, flips, two_stages
from bnn_designer.lessons.device_cost import device_cost
from bnn_designer.lessons.distilling import softened, taught
from bnn_designer.lessons.estimators import ESTIMATORS
from bnn_designer.lessons.folding import (
    NEIGHBOURS,
    Norm,
    is_folded,
    normalized,
    operators,
    rule,
    share_of_plus,
    share_with_gradient,
)
from bnn_designer.lessons.layer_sums import FILTERS, FilterSums
from bnn_designer.lessons.one_weight import RATES, train
from bnn_designer.lessons.shape_change import SIZES, WAYS, change
from bnn_designer.lessons.shortcut_ways import WAYS as WAYS_OF_SHORTCUTS
from bnn_designer.lessons.shortcut_ways import entropy_bits, sign_bits, trained_threshold
from bnn_designer.lessons.shortcut_ways import network as shortcuts_around
from bnn_designer.lessons.sign_place import arrangements
from bnn_designer.lessons.signs import (
    INPUTS,
    KERNELS,
    RING,
    WEIGHTS,
    compare_and_count,
    convolve,
    multiply_and_add,
    signs_of,
)
from bnn_designer.lessons.small_net import STAGES, Layer, Layers, network
from bnn_designer.lessons.teacher_scores import CLASSES, teacher_scores
from bnn_designer.processes import Owner
from bnn_designer.runs.store import Store
from bnn_designer.training.data.cifar10 import first_pictures
from bnn_designer.training.known_recipes import KNOWN_RECIPES
from bnn_designer.training.recipe import Recipe
from bnn_designer.ui.shared.scripts import SHARED, script
from bnn_designer.units import bytes_text, count_text, ms_text
from tests.browser.conftest import guarded
from tests.classroom.test_own_ends import epoch as epoch_end

WEB = SHARED.parents[1] / "learn" / "web"
#: The label of the picture that lesson 1 begins with.
SHIP = 8


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, synthetic_data: Path) -> Iterator[str]:
    """With made-up images in the place of CIFAR-10's."""
    folder = tmp_path_factory.mktemp("learn")
    train_own_ends(folder / "home")
    environment = guarded(folder / "reached") | {"BNN_DATA_DIR": str(synthetic_data.parent)}
    with served(APP, folder / "home", environment) as address:
        yield address


#: Two runs of the network of the lesson on the first and the last layer, and their accuracies after each epoch.
OWN_ENDS = {("binary", "binary"): (0.24, 0.312, 0.305), ("float", "binary"): (0.41,)}


def train_own_ends(home: Path) -> None:
    store = Store(home=home)
    for pair, accuracies in OWN_ENDS.items():
        own = store.create_run(ends.network(*pair), Recipe(epochs=3, subset=10_000), owner=Owner.of_process())
        for number, accuracy in enumerate(accuracies, start=1):
            store.add_event(own, epoch_end(number, accuracy))
        store.finish(own, "done")
    store.close()


def run(page: Page, module: str, body: str, given: Any = None) -> Any:
    """What a function's body gives with all that a module of the lessons exports, as ``its``, and ``given``."""
    joined = script(WEB, f"{module}.js").rpartition("export default")[0]
    source = f"{joined}\nconst its = {module}_js;\n{body}"
    return page.evaluate("([source, given]) => new Function('given', source)(given)", [source, given])


def signed(number: int) -> str:
    return f"−{-number}" if number < 0 else str(number)  # noqa: RUF001  # as the page writes it


# ---- the arithmetic in the browser


def test_pairs_of_eight_signs_give_what_python_gives(page: Page) -> None:
    """All weights with some of the inputs: each sign of either meets each of the other."""
    every = list(itertools.product((-1, 1), repeat=8))
    pairs = list(itertools.product(every[::15], every))
    for name, function in (("multiplyAndAdd", multiply_and_add), ("compareAndCount", compare_and_count)):
        found = run(page, "signs", f"return given.map((pair) => its.{name}(...pair));", pairs)
        assert found == [function(*pair) for pair in pairs]


def test_every_kernel_gives_the_picture_that_python_gives(page: Page) -> None:
    kernels = list(itertools.product((-1, 1), repeat=9))
    body = "return given.kernels.map((kernel) => its.convolve(given.image, kernel, its.compareAndCount));"
    found = run(page, "signs", body, {"image": RING, "kernels": kernels})
    assert found == [[list(row) for row in convolve(RING, kernel)] for kernel in kernels]


@pytest.mark.parametrize("name", ESTIMATORS)
def test_the_curves_and_the_training_are_those_of_python(page: Page, name: str) -> None:
    estimator, grid = ESTIMATORS[name], [place / 100 for place in range(-200, 201)]
    body = "const one = its.ESTIMATORS[given.name]; return given.grid.map((w) => [one.value(w), one.slope(w)]);"
    found = run(page, "estimators", body, {"name": name, "grid": grid})
    for weight, (value, slope) in zip(grid, found, strict=True):
        assert value == pytest.approx(estimator.value(weight), abs=1e-12)
        assert slope == pytest.approx(estimator.slope(weight), abs=1e-12)
    for start, rate, clip, dissent in itertools.product((-1.2, 0.4, 0.75, 1.4), RATES, (False, True), (False, True)):
        steps = run(page, "estimators", "return its.train(...given);", [name, start, rate, clip, dissent])
        expected = train(estimator, start, rate, clip=clip, dissent=dissent)
        assert [(step["target"], step["flipped"]) for step in steps] == [(one.target, one.flipped) for one in expected]
        for field in ("error", "slope", "weight"):
            assert [step[field] for step in steps] == pytest.approx([getattr(one, field) for one in expected], abs=1e-8)


def test_accuracies_after_each_epoch_are_those_of_python(page: Page) -> None:
    curves = list(ends.PUBLISHED.values())
    body = "return given.map((curve) => curve.map((_, at) => its.after(curve, at + 1)));"
    found = run(page, "accuracies", body, curves)
    for curve, shown in zip(curves, found, strict=True):
        for epoch, one in enumerate(shown, start=1):
            assert one == {"at": percent(curve[epoch - 1]), "best": percent(ends.best_until(curve, epoch))}
    assert run(page, "accuracies", "return its.after([0.5], 2);") is None


def percent(share: float) -> str:
    """Halves upward, as JavaScript's ``toFixed``."""
    return f"{Decimal(100 * share).quantize(Decimal('0.1'), ROUND_HALF_UP)} %"


@pytest.mark.parametrize("sums", FILTERS, ids=lambda one: str(one.number))
def test_thresholds_and_shares_are_those_of_python(page: Page, sums: FilterSums) -> None:
    norms = [Norm(gamma / 10, beta / 100) for gamma in range(-20, 21, 4) for beta in range(-200, 201, 23)]
    norms += [Norm(1, 0, there=False)]
    body = """return given.norms.map((norm) =>
        [its.rule(given.sums, norm), its.shareOfPlus(given.sums, norm), its.shareWithGradient(given.sums, norm)]);"""
    found = run(page, "norms", body, {"sums": asdict(sums), "norms": [asdict(norm) for norm in norms]})
    for norm, (there, plus, gradient) in zip(norms, found, strict=True):
        assert there == asdict(rule(sums, norm))
        assert (plus, gradient) == (share_of_plus(sums, norm), share_with_gradient(sums, norm))


@pytest.mark.parametrize("sums", FILTERS, ids=lambda one: str(one.number))
def test_bits_are_those_of_python(page: Page, sums: FilterSums) -> None:
    thresholds = list(range(-130, 131, 2))
    body = """return [its.entropyBits(given.sums.counts),
        given.thresholds.map((threshold) => its.signOf(given.sums, threshold).bits)];"""
    every, signs = run(page, "information", body, {"sums": asdict(sums), "thresholds": thresholds})
    assert every == pytest.approx(entropy_bits(sums.counts))
    assert signs == pytest.approx([sign_bits(sums, threshold) for threshold in thresholds])


@pytest.mark.parametrize("name", flips.STREAMS)
def test_one_weight_flips_where_it_does_in_python(page: Page, name: str) -> None:
    """Every start with every second rate, every gamma with every third threshold, at each size."""
    stream = flips.STREAMS[name]
    latent = list(itertools.product(flips.LATENT, flips.STARTS, flips.RATES[::2]))
    averages = list(itertools.product(flips.GAMMAS, flips.THRESHOLDS[::3]))
    body = """const one = (found) => [found.remembered, found.signs, its.flipsOf(found)];
        const gradients = its.scaled(given.gradients, given.size);
        return [gradients, given.latent.map(([name, ...set]) => one(its.LATENT[name](gradients, ...set))),
                given.averages.map((set) => one(its.bop(gradients, ...set)))];"""
    for size in flips.SIZES:
        gradients = flips.scaled(stream, size)
        expected = [flips.LATENT[optimizer](gradients, start, rate) for optimizer, start, rate in latent]
        averaged = [flips.bop(gradients, gamma, threshold) for gamma, threshold in averages]
        given = {"gradients": stream.gradients, "size": size, "latent": latent, "averages": averages}
        assert run(page, "flipping", body, given) == [
            list(gradients),
            *(
                [[list(one.remembered), list(one.signs), list(one.flips())] for one in some]
                for some in (expected, averaged)
            ),
        ]


@pytest.mark.parametrize(("seed", "first"), [(0, 0), (0, 12), (7, 6)])
def test_the_tiny_network_is_trained_as_in_python(page: Page, seed: int, first: int) -> None:
    found = run(page, "staging", "return its.train(...given);", [seed, first])
    assert found == list(two_stages.train(seed, first))


def test_what_a_teacher_teaches_is_what_python_says(page: Page) -> None:
    for one, temperature, share in itertools.product(teacher_scores().scores[:3], (0.5, 2, 20), (0, 0.5, 1)):
        found = run(
            page, "softening", "return its.taught(...given);", [one.teacher, one.student, one.label, temperature, share]
        )
        expected = taught(one.teacher, one.student, one.label, temperature, share)
        assert [found[name] for name in ("ofLabel", "ofTeacher", "loss")] == pytest.approx(
            [expected.of_label, expected.of_teacher, expected.loss]
        )
        for name, pushes in (("labelPush", expected.label_push), ("teacherPush", expected.teacher_push)):
            assert found[name] == pytest.approx(pushes, abs=1e-12)


def fits_a_tablet(piece: Locator) -> bool:
    """Whether all columns of its tables are seen on a screen 820 pixels wide."""
    piece.page.set_viewport_size({"width": 820, "height": 1180})
    return all(table.evaluate("it => it.scrollWidth <= it.clientWidth") for table in piece.locator(".wide").all())


# ---- the lessons as they are done


def test_lesson_1(page: Page, address: str, synthetic_data: Path) -> None:
    pages.open_page(page, address, pages.LEARN)
    page.get_by_role("button", name="1. One binary layer").click()
    page.get_by_role("button", name="3", exact=True).click()
    expect(page.get_by_text("Yes.")).to_be_visible()

    # two signs turned over: one by a press, one by the keyboard, two columns on
    page.get_by_role("button", name="Input 1: +1").click()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    inputs, weights = [-INPUTS[0], *INPUTS[1:]], [WEIGHTS[0], -WEIGHTS[1], *WEIGHTS[2:]]
    layer = page.locator(".layer")
    total = multiply_and_add(inputs, weights)
    expect(layer).to_contain_text(f"the products add up to {signed(total)}.")
    expect(layer).to_contain_text(f"Bits: 2 × {(total + 8) // 2} − 8 = {signed(total)}.")  # noqa: RUF001
    row = layer.locator("tr", has_text="XNOR").last.locator("td").all_inner_texts()
    assert row[:8] == [str(int(one == other)) for one, other in zip(inputs, weights, strict=True)]

    # a test image: the part in the frame, moved to the right by the keyboard and below by a press
    convolution = page.locator(".convolution")
    found = convolve(signs_of(first_pictures(synthetic_data, [SHIP])[SHIP]), KERNELS["dark above bright"])
    expect(convolution).to_contain_text("900 of 900 sums are the same")
    signs = convolution.get_by_role("img", name="Its signs")
    signs.click(position={"x": 1, "y": signs.evaluate("canvas => canvas.clientHeight") - 1})
    convolution.get_by_label("First column shown").focus()
    page.keyboard.press("ArrowRight")
    # from the lower left corner, 24 rows down, one column on: six of the output's
    shown = [signed(sum_) for line in found[24:] for sum_ in line[1:7]]
    assert convolution.locator(".sum").all_inner_texts() == shown
    convolution.get_by_role("button", name=f"Output, row 30, column 2: {shown[30]}").click()
    expect(convolution).to_contain_text(f"the products add up to {shown[30]}.")

    # a kernel with a weight turned over, and the pairs of a place
    name = "a bright spot"
    convolution.get_by_role("combobox", name="Image").select_option(label="a drawn ring")
    convolution.get_by_role("combobox", name="Kernel to begin with").select_option(label=name)
    convolution.get_by_role("button", name="Kernel, row 1, column 1").click()
    kernel = [-KERNELS[name][0], *KERNELS[name][1:]]
    expected = convolve(RING, kernel)
    assert convolution.locator(".sum").all_inner_texts() == [signed(sum_) for line in expected for sum_ in line]
    expect(convolution).to_contain_text("36 of 36 sums are the same")
    convolution.get_by_role("button", name="Output, row 2, column 3").click()
    expect(convolution).to_contain_text(f"the products add up to {signed(expected[1][2])}.")

    # what was done is still known after a reload
    page.get_by_role("checkbox", name="I have done this lesson").check()
    pages.open_page(page, address, pages.LEARN)
    expect(page.get_by_text(f"1 of {len(COURSE)} lessons done.")).to_be_visible()
    page.get_by_role("button", name="Forget it").click()
    expect(page.get_by_text(f"0 of {len(COURSE)} lessons done.")).to_be_visible()


def figure(piece: Locator, name: str) -> Locator:
    return piece.locator("dl.figures > div", has=piece.page.locator(f"dt:text-is('{name}')")).locator("dd")


def test_lesson_2(page: Page, address: str) -> None:
    pages.open_page(page, address, pages.LEARN, lesson="no-slope")
    page.get_by_role("button", name="It flips in the first step.").click()
    expect(page.get_by_text("No. The answer is: It stays at 1.4 for ever.")).to_be_visible()

    # the latent weight by the keyboard: from 0.6 to 0.5
    curves, training = page.locator(".panel").nth(0), page.locator(".panel").nth(1)
    weight = curves.get_by_role("slider")
    for _ in range(10):
        weight.press("ArrowLeft")
    for name, estimator in ESTIMATORS.items():
        curves.get_by_role("combobox").select_option(name)
        for label, number in (
            ("The layer multiplies with", estimator.value(0.5)),
            ("Pretended slope", estimator.slope(0.5)),
        ):
            shown = figure(curves, label).inner_text().replace("−", "-")  # noqa: RUF001
            assert shown == f"{number:.3f}", (name, label)

    # the question's weight: without the clip it stays, with it the sign flips in the twelfth step
    training.get_by_role("slider").fill("140")
    step = training.get_by_role("button", name="Step", exact=True)
    step.click()
    expect(training).to_contain_text("The slope is 0: nothing moves.")
    expect(figure(training, "Latent weight")).to_have_text("1.400")
    training.get_by_role("checkbox", name="Clip").check()
    steps = train(ESTIMATORS["ste_sign"], 1.4, 0.05, clip=True, dissent=False)
    for number, one in enumerate(steps[:12], start=1):
        step.press("Enter")
        expect(figure(training, "Step")).to_have_text(f"{number} of 40")
        assert float(figure(training, "Latent weight").inner_text().replace("−", "-")) == one.weight  # noqa: RUF001
    expect(training).to_contain_text("The sign flips.")
    expect(training.locator("circle.flip")).to_have_count(1)

    # it plays by itself, and pauses
    training.get_by_role("button", name="Play").click()
    expect(figure(training, "Step")).not_to_have_text("12 of 40")
    training.get_by_role("button", name="Pause").click()
    expect(training.get_by_role("button", name="Play")).to_be_visible()


def test_lesson_on_inputs_and_outputs(page: Page, address: str) -> None:
    pages.open_page(page, address, pages.LEARN, lesson="inputs-or-outputs")
    page.get_by_role("button", name="Floats: two different ones in each channel.").click()
    expect(page.get_by_text("Yes.")).to_be_visible()

    # the sign of the question, moved to its place by the keyboard
    piece = page.locator(".signplace")
    expect(piece).to_contain_text("The batch norm scales and shifts the signs.")
    piece.get_by_role("button", name="Sign", exact=True).press("Tab")
    page.keyboard.press("Enter")
    expect(piece).to_contain_text("B reads signs, so it is a binary layer.")

    slots = {"layer": 0, "batch_norm": 1, "shortcut": 2}
    for one in arrangements():
        piece.get_by_role("checkbox", name="Batch norm").set_checked(one.batch_norm)
        piece.get_by_role("checkbox", name="Shortcut").set_checked(one.shortcut)
        piece.locator("button.slot").nth(slots[one.place]).click()
        expect(piece).to_contain_text(one.says)
        assert fits_a_tablet(piece)
        cells = piece.locator("tr.end td").all_inner_texts()
        assert [float(text.replace("−", "-")) for text in cells[:-1]] == pytest.approx(  # noqa: RUF001
            one.steps[-1].values, abs=0.00501
        )
        assert cells[-1] == one.steps[-1].kind
        expect(figure(piece, "What it reads")).to_have_text(bytes_text(one.reader.read_bytes))
        expect(figure(piece, "Its weights in the file")).to_have_text(bytes_text(one.reader.weight_bytes))

    # a sign behind what is taken away stands behind layer A again
    piece.get_by_role("checkbox", name="Shortcut").uncheck()
    expect(piece.locator("button.slot").first).to_have_attribute("aria-pressed", "true")


def test_lesson_on_first_and_last_layer(page: Page, address: str) -> None:
    pages.open_page(page, address, pages.LEARN, lesson="first-and-last")
    page.get_by_role("button", name="About 66 %").click()
    expect(page.get_by_text("Yes.")).to_be_visible()

    # after the third epoch, set by the keyboard
    curves, kept = page.locator(".ends"), ends.trained()
    assert kept is not None
    for _ in range(7):
        curves.get_by_role("slider").press("ArrowLeft")
    table = curves.get_by_role("group", name="Accuracies")
    for row, precision in zip(table.locator("tbody tr").all(), ends.PRECISIONS, strict=True):
        here = [one.mean for one in ends.curve(kept, precision)]
        wanted = [ends.PUBLISHED[precision], here]
        expected = [text for curve in wanted for text in (percent(curve[2]), percent(ends.best_until(curve, 3)))]
        assert row.locator("td").all_inner_texts()[:4] == expected
    own = curves.get_by_role("group", name="Runs of this server")
    expect(own.locator("tbody tr th")).to_have_text(ends.PRECISIONS["binary"])
    expect(own.locator("tbody td")).to_have_text(["of this server", "3 epochs of 10,000 images", "30.5 %", "31.2 %"])
    expect(curves.locator(".plot rect.own")).to_have_count(3)
    curves.get_by_role("slider").press("End")
    expect(curves).to_contain_text("The runs that come with the program are 10 epochs long.")
    none = "\N{EN DASH}"
    expect(own.locator("tbody td")).to_have_text(["of this server", "3 epochs of 10,000 images", none, "31.2 %"])

    # every pair of the two layers: what it costs, and an accuracy where there is one
    plane = page.locator(".plane")
    first, last = plane.get_by_role("group", name="First layer"), plane.get_by_role("group", name="Last layer")
    for pair in ends.pairs():
        first.get_by_label(ends.PRECISIONS[pair.first], exact=True).check()
        last.get_by_label(ends.PRECISIONS[pair.last], exact=True).check()
        expect(figure(plane, "Weights")).to_have_text(bytes_text(pair.weight_bytes))
        expect(figure(plane, "File")).to_have_text(bytes_text(pair.file_bytes))
        best = ends.best(kept, pair)
        said = "unknown: no run" if best is None else f"{percent(best.mean)}, {best.count} runs"
        expect(figure(plane, "Best accuracy")).to_have_text(said)
        accuracies = OWN_ENDS.get((pair.first, pair.last))
        trained = "3 epochs of 10,000 images"
        mine = f"{percent(max(accuracies))}, of this server: {trained}" if accuracies else "none yet"
        expect(figure(plane, "Runs of this server")).to_have_text(mine)
        expect(plane.locator("rect.own.now")).to_have_count(int(accuracies is not None))
        expect(plane).to_contain_text(pair.says)
        expect(plane.locator("circle.dot")).to_have_count(int(best is not None))
    expect(plane.locator("circle.tried")).to_have_count(2)

    # counted as the file, binary weights stand where full precision does
    plane.get_by_role("combobox").select_option(label="File for Larq Compute Engine")
    places = {circle.get_attribute("cx") for circle in plane.locator("circle.tried").all()}
    assert len(places) == 1


def test_lesson_on_batch_norm(page: Page, address: str) -> None:
    pages.open_page(page, address, pages.LEARN, lesson="batch-norm")
    page.get_by_role("button", name="Compare the sum with one whole number.").click()
    expect(page.get_by_text("Yes.")).to_be_visible()

    def shows(sums: FilterSums, norm: Norm) -> None:
        found = rule(sums, norm)
        bound = f"{found.side} {signed(found.bound)}" if found.side.startswith("at ") else "nothing"
        expect(figure(piece, "+1 where the sum is")).to_have_text(bound)
        expect(figure(piece, "Of these sums become +1")).to_have_text(percent(share_of_plus(sums, norm)))
        expect(figure(piece, "A gradient gets through for")).to_have_text(percent(share_with_gradient(sums, norm)))
        expect(piece.locator("rect")).to_have_count(len(sums.counts))
        plus = sum(normalized(sums, norm, sums.lowest + 2 * place) >= 0 for place in range(len(sums.counts)))
        expect(piece.locator("rect.plus")).to_have_count(plus)

    # as trained, then turned round by gamma, then dead, then without
    piece, last = page.locator(".batchnorm"), FILTERS[-1]
    piece.get_by_role("combobox").select_option(label=f"filter {last.number}")
    beta = round(last.beta, 2)
    shows(last, Norm(1, beta))
    gamma = piece.get_by_role("slider", name="Gamma")
    gamma.press("Home")
    shows(last, Norm(-2, beta))
    expect(piece).to_contain_text("the comparison is the other way round")
    piece.get_by_role("slider", name="Beta").fill("-150")
    gamma.fill("0")
    shows(last, Norm(0, -1.5))
    expect(piece).to_contain_text("The filter is dead.")
    piece.get_by_role("checkbox", name="Batch norm").press("Space")
    shows(last, Norm(1, 0, there=False))
    piece.get_by_role("button", name="As trained").click()
    shows(last, Norm(1, beta))

    # what stands around it
    fold = page.locator(".fold")
    for name, one in NEIGHBOURS.items():
        fold.get_by_role("radio", name=one.title, exact=True).check()
        expect(fold).to_contain_text(one.says)
        expect(fold).to_contain_text("One threshold a filter." if is_folded(name) else "No threshold")
        kinds = [operator.kind for operator in operators(name)]
        assert fold.locator("tbody th").all_inner_texts() == kinds

    # with and without: the runs of the result, or that there are none
    expect(page.locator(".verdict")).to_contain_text("With batch norm, and with none")


def test_lesson_on_shortcuts(page: Page, address: str) -> None:
    pages.open_page(page, address, pages.LEARN, lesson="shortcuts")
    page.get_by_role("button", name="1 bit at most").click()
    expect(page.get_by_text("Yes.")).to_be_visible()

    # each filter as trained, and with its threshold three steps farther
    piece = page.locator(".onesign")
    for sums in FILTERS:
        piece.get_by_role("combobox").select_option(label=f"filter {sums.number}")
        threshold = trained_threshold(sums)
        for _ in range(2):
            expect(piece.locator("output")).to_have_text(signed(threshold))
            bits = sign_bits(sums, threshold)
            expect(figure(piece, "Information in a sum")).to_have_text(f"{entropy_bits(sums.counts):.2f} bits")
            expect(figure(piece, "Its sign keeps")).to_have_text(f"{bits:.2f} bits")
            plus = sum(sums.lowest + 2 * place >= threshold for place in range(len(sums.counts)))
            expect(piece.locator("rect.plus")).to_have_count(plus)
            for _ in range(3):
                piece.get_by_role("slider").press("ArrowRight")
            threshold += 6
    piece.get_by_role("button", name="As trained").click()
    expect(piece.locator("output")).to_have_text(signed(trained_threshold(FILTERS[-1])))

    # none, every two, every one; and the runs of the result, or that there are none
    carried = page.locator(".device")
    for way, title in WAYS_OF_SHORTCUTS.items():
        carried.get_by_role("radio", name=title, exact=True).check()
        one = device_cost(shortcuts_around(way))
        expect(figure(carried, "File, for the flash")).to_have_text(bytes_text(one.file_bytes))
        expect(figure(carried, "Memory, at most")).to_have_text(bytes_text(one.arena_bytes))
        expect(carried.locator("rect:not(.chosen)")).to_have_count(sum(len(at.live_bytes) for at in one.moments))
    expect(page.locator(".verdict")).to_contain_text("Shortcuts: none, around every two layers, around every one")


def test_lesson_on_changes_of_shape(page: Page, address: str) -> None:
    pages.open_page(page, address, pages.LEARN, lesson="shape-change")
    page.get_by_role("button", name="Three and a half times as many").click()
    expect(page.get_by_text("Yes.")).to_be_visible()

    # each place in the network by the keyboard, each way by its button
    piece = page.locator(".shapes")
    costs, operators = piece.locator("table.bars"), piece.locator("table").last
    piece.get_by_role("slider").press("Home")
    for channels, size in SIZES.items():
        expect(piece.locator("output")).to_contain_text(f"{size} × {size} × {channels} to")  # noqa: RUF001
        for row, way in zip(costs.locator("tbody tr").all(), WAYS.values(), strict=True):
            one = change(way.name, channels)
            counts = [count_text(number) for number in (one.binary_macs, one.float_macs, one.ops)]
            expected = [bytes_text(one.weight_bytes), *counts, bytes_text(one.memory_bytes)]
            assert [text.strip() for text in row.locator("td").all_inner_texts()] == expected
        piece.get_by_role("slider").press("ArrowRight")
    for way in WAYS.values():
        piece.get_by_role("radio", name=way.title, exact=True).check()
        expect(piece).to_contain_text(way.says)
        kinds = [part.kind for part in change(way.name, channels).parts]
        assert operators.locator("tbody th").all_inner_texts() == kinds
        assert fits_a_tablet(piece)


def test_lesson_on_the_cost_on_a_device(page: Page, address: str) -> None:
    pages.open_page(page, address, pages.LEARN, lesson="device-cost")
    page.get_by_role("button", name="It becomes a fifth of what it was.").click()
    expect(page.get_by_text("Yes.")).to_be_visible()

    # each network as a whole; the operators of the last one by the keyboard
    piece = page.locator(".device")
    for stage in STAGES:
        piece.get_by_role("radio", name=stage.title, exact=True).check()
        one = device_cost(network(stage.layers))
        expect(figure(piece, "File, for the flash")).to_have_text(bytes_text(one.file_bytes))
        expect(figure(piece, "Memory, at most")).to_have_text(bytes_text(one.arena_bytes))
        expect(figure(piece, "Latency, Pixel 1")).to_have_text(str(one.latency))
        expect(piece.locator("rect:not(.chosen)")).to_have_count(sum(len(moment.live_bytes) for moment in one.moments))
    for number, moment in enumerate(one.moments, start=1):
        expect(piece.locator("output")).to_have_text(f"{number} of {len(one.moments)}: {moment.name}, {moment.kind}")
        expect(figure(piece, "In memory now")).to_have_text(bytes_text(moment.ram_bytes))
        expect(figure(piece, "Its time")).to_have_text(ms_text(moment.ms, 2))
        piece.get_by_role("slider").press("ArrowRight")

    # what it begins with does not fit; a choice is beaten; half of the front is still known after a reload
    puzzle = page.locator(".puzzle")
    start = next(each for each in budget_puzzle.every() if all(_is_widest(layer) for layer in each.layers))
    expect(puzzle).to_contain_text(f"{bytes_text(start.file_bytes - budget_puzzle.FLASH_BYTES)} too much")
    expect(puzzle).to_contain_text(f"{bytes_text(start.arena_bytes - budget_puzzle.RAM_BYTES)} too much")
    expect(puzzle.get_by_role("button", name="Keep this choice")).to_be_disabled()
    beaten = next(each for each in budget_puzzle.every() if each.fits and len(budget_puzzle.beaten_in(each)) == 2)
    names = " and ".join(budget_puzzle.beaten_in(beaten))
    _set(puzzle, beaten.layers)
    expect(puzzle).to_contain_text(f"another choice that fits keeps more {names}")
    puzzle.get_by_role("button", name="Keep this choice").click()
    front = budget_puzzle.front()
    for found, best in enumerate(front[::2], start=1):
        _set(puzzle, best.layers)
        expect(puzzle).to_contain_text("it is on the front.")
        expect(puzzle).to_contain_text(f"{bytes_text(best.file_bytes)} of 64.0 KiB")
        expect(figure(puzzle, "MACs kept")).to_contain_text(count_text(best.kept[0]))
        expect(figure(puzzle, "Latency, Pixel 1")).to_have_text(best.latency)
        puzzle.get_by_role("button", name="Keep this choice").click()
        expect(puzzle).to_contain_text(f"You have found {found} of the {len(front)} choices")
    pages.open_page(page, address, pages.LEARN, lesson="device-cost")
    puzzle.get_by_role("checkbox", name="Show the whole front").check()
    assert fits_a_tablet(puzzle)
    verdicts = [row.locator("td").last.inner_text() for row in puzzle.locator("tbody tr").all()]
    assert verdicts == [*3 * ["front"], "beaten", *3 * ["not found yet"]]
    puzzle.get_by_role("checkbox", name="Show the whole front").uncheck()
    puzzle.get_by_role("button", name="Clear the board").click()
    expect(puzzle.locator("tbody tr")).to_have_count(0)


def _is_widest(layer: Layer) -> bool:
    return layer.width == max(budget_puzzle.WIDTHS) and layer.is_float and layer.shortcut


def _set(puzzle: Locator, layers: Layers) -> None:
    for number, layer in enumerate(layers, start=1):
        one = puzzle.get_by_role("group", name=f"Layer {number}")
        one.get_by_role("radio", name=f"{layer.width} filters").check()
        one.get_by_role("radio", name="full precision" if layer.is_float else "binary").check()
        one.get_by_role("checkbox", name="shortcut").set_checked(layer.shortcut)


def push_text(push: float) -> str:
    text = f"{abs(push):.2f}"
    sign = "" if float(text) == 0 else "\N{MINUS SIGN}" if push < 0 else "+"
    return sign + text


def test_lesson_on_training_tricks(page: Page, address: str) -> None:
    pages.open_page(page, address, pages.LEARN, lesson="training-tricks")
    page.get_by_role("button", name="Neither: they flip in the same step.").click()
    expect(page.get_by_text("Yes.")).to_be_visible()
    piece = page.locator(".flips")
    latent, bop = piece.locator(".latent"), piece.locator(".bop")

    def shows(side: Locator, found: flips.Flipping) -> None:
        steps = found.flips()
        named = ", ".join(map(str, steps[:6])) or "none"
        expect(figure(side, "Flips")).to_have_text(str(len(steps)))
        expect(figure(side, "In steps")).to_have_text(f"{named}, …" if len(steps) > 6 else named)
        expect(figure(side, "The weight at the end")).to_have_text("+1" if found.signs[-1] > 0 else "−1")  # noqa: RUF001
        expect(side.locator("circle.flip")).to_have_count(len(steps))

    def drag(side: Locator, name: str, values: tuple[float, ...], value: float) -> None:
        """By the keyboard, from the left end."""
        slider = side.get_by_role("slider", name=name)
        slider.press("Home")
        for _ in range(values.index(value)):
            slider.press("ArrowRight")

    # the two copies of the question
    noisy, noise, turning = (flips.STREAMS[name] for name in ("noisy", "noise", "turning"))
    shows(latent, flips.sgd(noisy.gradients, 0.8, 0.1))
    drag(latent, "It starts at", flips.STARTS, 0.4)
    drag(latent, "Rate", flips.RATES, 0.05)
    shows(latent, flips.sgd(noisy.gradients, 0.4, 0.05))
    assert figure(latent, "In steps").inner_text() == "22"

    # gradients a tenth as large, for both optimizers and Bop
    piece.get_by_role("combobox", name="Their size").select_option("0.1")
    small = flips.scaled(noisy, 0.1)
    shows(latent, flips.sgd(small, 0.4, 0.05))
    shows(bop, flips.bop(small, 0.1, 0.3))
    latent.get_by_role("combobox").select_option(label="Adam")
    shows(latent, flips.adam(small, 0.4, 0.05))
    piece.get_by_role("combobox", name="Their size").select_option("1")

    # noise, believed and not; and what that costs where the push turns
    stream = piece.get_by_role("combobox", name="Gradients")
    for one, gamma, threshold in ((noise, 1.0, 0.0), (noise, 0.1, 0.3), (turning, 0.1, 0.3), (turning, 0.1, 0.5)):
        stream.select_option(label=one.title)
        drag(bop, "γ", flips.GAMMAS, gamma)  # noqa: RUF001
        drag(bop, "Threshold", flips.THRESHOLDS, threshold)
        shows(bop, flips.bop(one.gradients, gamma, threshold))
        expect(piece).to_contain_text(one.says)

    # every recipe by its name, with what was measured
    recipes = page.locator(".recipes")
    for name, known in KNOWN_RECIPES.items():
        recipes.get_by_role("combobox").select_option(label=known.title)
        expect(recipes).to_contain_text(known.expect)
        expect(recipes).to_contain_text(known.measured)
        expect(recipes).to_contain_text(f"--recipe {name}")

    # nothing is trained before the guess; then a seed and a length of the first stage
    stages = page.locator(".twostages")
    expect(stages.locator("svg.plot")).to_be_hidden()
    stages.get_by_role("button", name="Two stages, in nearly every case").click()
    ones, twos = ([two_stages.train(seed, first)[-1] for seed in two_stages.SEEDS] for first in (0, 12))
    expect(figure(stages, "This seed, in two stages")).to_have_text(percent(twos[0]))
    for name, shares in (("10 seeds, in one stage", ones), ("10 seeds, in two stages", twos)):
        mean = percent(sum(shares) / len(shares))
        expect(figure(stages, name)).to_have_text(f"{mean}, from {percent(min(shares))} to {percent(max(shares))}")
    expect(stages).to_contain_text("two stages end ahead in 4 of 10 cases, and even in 1.")
    stages.get_by_role("combobox", name="Seed").select_option("3")
    stages.get_by_role("combobox", name="The first stage").select_option("18")
    expect(figure(stages, "This seed, in two stages")).to_have_text(percent(two_stages.train(3, 18)[-1]))

    # what label and teacher make of the cat, at another temperature
    distill = page.locator(".distill")
    distill.get_by_role("button", name="All get about the same").click()
    distill.get_by_role("combobox").select_option(label="cat")
    for _ in range(2):
        distill.get_by_role("slider", name="Temperature").press("ArrowRight")
    cat = next(one for one in teacher_scores().scores if CLASSES[one.label] == "cat")
    found = taught(cat.teacher, cat.student, cat.label, 3, 0.5)
    expect(figure(distill, "Loss of both")).to_have_text(f"{found.loss:.3f}")
    softened_teacher, softened_student = softened(cat.teacher, 3), softened(cat.student, 3)
    for label, row in enumerate(distill.locator("tbody tr").all()):
        pushes = (found.label_push[label], found.teacher_push[label])
        gives = (softened_teacher[label], softened_student[label])
        texts = [*map(percent, gives), *(push_text(push) for push in (*pushes, sum(pushes)))]
        assert row.locator("td").all_inner_texts() == texts
    fits_a_tablet(distill)

    # a word is looked up, and what was set stays
    page.get_by_role("button", name="Words").click()
    words = page.get_by_role("group", name="Words")
    expect(words).to_contain_text("Stochastic gradient descent")
    pages.at_rest(page)
    page.keyboard.press("Escape")
    expect(words).to_be_hidden()
    shows(bop, flips.bop(turning.gradients, 0.1, 0.5))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_lesson_on_paper(page: Page, address: str, scheme: Literal["light", "dark"]) -> None:
    """Black on white, without what one presses or has answered; the answer at the end."""
    page.emulate_media(color_scheme=scheme)
    pages.open_page(page, address, pages.LEARN, lesson="no-slope")
    answer, chosen = page.get_by_role("heading", name="The answer, and why"), page.get_by_text("✗ ")
    page.get_by_role("button", name="It flips in the first step.").click()
    expect(chosen).to_be_visible()
    expect(answer).to_be_hidden()

    page.emulate_media(media="print", color_scheme=scheme)
    expect(answer).to_be_visible()
    for gone in (chosen, page.get_by_text("No. The answer is"), page.get_by_role("button", name="Play")):
        expect(gone).to_be_hidden()
    for name in ("All lessons", "Open this network in the designer", "Train it briefly", "Print this lesson"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)
    expect(page.get_by_role("checkbox", name="I have done this lesson")).to_have_count(0)
    for seen in (answer, page.locator(".training .title, .figure .title").first, page.locator("code").first):
        expect(seen).to_have_css("color", "rgb(17, 17, 17)")
    for sheet in (page.locator("body"), page.get_by_test_id("stApp"), page.locator("code").first):
        expect(sheet).to_have_css("background-color", "rgb(255, 255, 255)")


def test_the_course_on_paper_begins_each_lesson_on_a_page(page: Page, address: str) -> None:
    pages.open_page(page, address, pages.LEARN, lesson="all")
    expect(page.locator(".asked")).to_have_count(len(COURSE))
    expect(page.locator(".recipes, .flips")).to_have_count(2)  # the last lesson's pieces are drawn
    page.emulate_media(media="print")
    # nothing to press, in any piece; the sign of the lesson on inputs and outputs shows where it stands
    expect(page.locator(".plain:not(.choice, .slot[aria-pressed=true]):visible")).to_have_count(0)
    for lesson in COURSE:
        wrapper = page.locator(f"[data-testid=stLayoutWrapper]:has(> .st-key-sheet_{lesson.name})")
        expect(wrapper).to_have_css("break-before", "page")
    sheets = page.pdf(format="A4")
    assert sheets.count(b"/Type /Page\n") > len(COURSE)


def test_a_lesson_ends_in_the_designer(page: Page, address: str) -> None:
    pages.open_page(page, address, pages.LEARN, lesson="binary-layer")
    page.get_by_role("button", name="Open this network in the designer").click()
    pages.usable(page, pages.MARKS[pages.DESIGN](page))
    expect(page.locator(".canvas")).to_contain_text("Binary conv")
