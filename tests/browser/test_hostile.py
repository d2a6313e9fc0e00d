"""Names, notes, tags and classes that would be a script or markup, on every page that shows them, in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, Request

from bnn_designer.bench.browser import pages
from bnn_designer.design import Design
from bnn_designer.design.blocks import BinaryConv, Conv, GlobalPool, Head
from bnn_designer.inspection.origin import weights_mark
from bnn_designer.inspection.report_file import write_found
from bnn_designer.processes import Owner
from bnn_designer.runs.drafts import Drafts
from bnn_designer.runs.labels import set_labels
from bnn_designer.runs.store import Store
from bnn_designer.training.events import EpochEnd, LayerMeasures
from bnn_designer.training.recipe import Recipe
from tests.inspection.made import made_found

#: An element, a script, Markdown's picture and link, a formula's link. Signs that turn a line around no name may have.
IMAGE = '"><img src=x:canary onerror="window.__pwned=1">'
SCRIPT = "</style></script><script>window.__pwned=1</script><b id=canary>"
MARKDOWN = "![a](http://canary.invalid/a.png) [b](javascript:window.__pwned=1)"
MORE = "$\\href{javascript:window.__pwned=1}{canary}$ <i id=canary>"

#: What any of them would have made of the page, in shadow roots too. Streamlit makes a link of an address in a text,
#: which says where it leads, and of a heading one to itself.
MADE = """() => {
  const found = [], look = root => {
    for (const one of root.querySelectorAll('*')) {
      const said = ['src', 'href', 'onerror'].map(name => one.getAttribute(name) || '');
      const mild = one.matches('a[href^="#"]') || (one.matches('a[href^="http"]') && one.textContent === said[1]);
      const bad = one.id === 'canary' || (!mild && /canary|javascript:|__pwned/.test(said));
      if (bad) found.push(one.outerHTML.slice(0, 200));
      if (one.shadowRoot) look(one.shadowRoot);
    }
  };
  look(document);
  return [...found, ...(window.__pwned ? ['a script ran'] : [])];
}"""


def hostile(image_shape: tuple[int, int, int] = (32, 32, 3)) -> Design:
    blocks = (
        Conv(id="conv_1", filters=6, strides=(2, 2), label=IMAGE),
        BinaryConv(id="binary_conv_1", filters=6, label=SCRIPT),
        BinaryConv(id="binary_conv_2", filters=6, label=MARKDOWN),
        GlobalPool(id="pool", label=MORE),
        Head(id="head"),
    )
    return Design(name=MARKDOWN, input_shape=image_shape, classes=3, blocks=blocks)


def run_of(store: Store, design: Design, *, fails: bool) -> str:
    recipe = Recipe(epochs=1, data="cifar10")
    run = store.create_run(design, recipe, owner=Owner.of_process(), person=IMAGE)
    layers = (LayerMeasures(name="binary_conv_1", flip_ratio=0.1),)
    end = {"loss": 2.0, "accuracy": 0.2, "val_loss": 2.1, "val_accuracy": 0.2, "seconds": 1.0, "layers": layers}
    store.add_event(run, EpochEnd.model_validate({"epoch": 1, **end}))
    set_labels(store, run, ("<img src=x:canary>", "<i id=canary>"), f"{SCRIPT}\n{MARKDOWN}\n{MORE}")
    if fails:
        store.finish(run, "failed", f"{IMAGE} {MARKDOWN}")
    else:
        store.finish(run, "done")
    return run


def test_no_page_runs_a_script_or_reads_markup_out_of_names(
    server: str, page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BNN_HOME", str(tmp_path / "home"))
    store = Store()
    drafts = Drafts(store.engine)
    draft = drafts.create(hostile())
    drafts.snapshot(draft.id, IMAGE)
    run, other = run_of(store, hostile(), fails=False), run_of(store, hostile(), fails=True)
    folder = store.run_folder(run)
    folder.mkdir(parents=True)
    store.best_path(run).touch()
    store.checkpoint_path(run).touch()
    found = made_found(run)
    names = (IMAGE, SCRIPT, MARKDOWN)
    inside = found.inside.model_copy(update={"class_names": names, "weights_mark": weights_mark(store.best_path(run))})
    write_found(store, type(found)(inside, found.arrays))

    alerts, asked = [], []

    def on_request(request: Request) -> None:
        if "canary" in request.url.partition("?")[0]:
            asked.append(request.url)

    page.on("dialog", lambda dialog: (alerts.append(dialog.message), dialog.dismiss()))
    page.on("request", on_request)
    addresses = [
        (pages.DESIGN, {"draft": draft.id, "block": "binary_conv_1"}),
        (pages.COMPARE, {"draft": draft.id, "part": "side-by-side", "designs": f"draft:{draft.id},run:{run}"}),
        (pages.TRAIN, {"draft": draft.id, "run": other}),
        (pages.RUNS, {"draft": draft.id, "run": run, "compare": f"{run},{other}", "labels": run}),
        (pages.INSIDE, {"run": run, "part": "answers"}),
        (pages.EXPORT, {"run": run, "of": "run"}),
        ("start", {}),
    ]
    for place, parameters in addresses:
        page.goto(pages.address(server, "" if place == "start" else place, **parameters))
        pages.usable(page, pages.MARKS[place](page))
        assert (place, page.evaluate(MADE)) == (place, [])
        assert "Traceback" not in page.inner_text("body")
    assert (alerts, asked) == ([], [])
