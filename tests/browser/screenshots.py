"""Pictures of every page and state: ``python -m tests.browser.screenshots FOLDER [--only TEXT]``.

They are for docs/ and for looking at: what is clipped, what overlaps, what the eye meets first. Every state is taken in
light; some also in the dark, on a tablet, in forced colors and at 400 % zoom.
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser

from bnn_designer.bench.browser.chromium import chromium
from bnn_designer.bench.browser.server import APP, served
from bnn_designer.errors import BnnDesignerError
from tests.browser.states import STATES, State, World

#: Together; a checkout should stay small.
MOST_BYTES = 5_000_000

LIGHT = "light"
#: What a context of the browser is given. 1280 x 1024 at 400 % are 320 x 256 pixels of the page's own.
VARIANTS: Mapping[str, Mapping[str, Any]] = {
    LIGHT: {"viewport": {"width": 1440, "height": 900}},
    "dark": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark"},
    "tablet": {"viewport": {"width": 820, "height": 1180}, "has_touch": True},
    "forced-colors": {"viewport": {"width": 1440, "height": 900}, "forced_colors": "active"},
    "zoom-400": {"viewport": {"width": 320, "height": 256}, "device_scale_factor": 3},
}

#: The states that are taken in every variant.
IN_ALL = (
    "start",
    "design-preset",
    "design-selected",
    "design-error",
    "compare",
    "train-running",
    "runs",
)


@dataclass(frozen=True)
class Shot:
    """A state in a variant."""

    state: State
    variant: str

    @property
    def file_name(self) -> str:
        return f"{self.state.name}{'' if self.variant == LIGHT else f'-{self.variant}'}.webp"


def shots() -> Iterator[Shot]:
    """All of them; those that need runs come last, as `World.train` cannot be taken back."""
    for trained in (False, True):
        for variant in VARIANTS:
            for state in STATES:
                if state.trained == trained and (variant == LIGHT or state.name in IN_ALL):
                    yield Shot(state, variant)


def take(folder: Path, only: str = "") -> list[Path]:
    """Takes those whose file name holds a text, and returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = [shot for shot in shots() if only in shot.file_name]
    with tempfile.TemporaryDirectory() as home, served(APP, Path(home)) as server, chromium() as browser:
        world = World(Path(home))
        try:
            return [_take(shot, folder, browser, server, world) for shot in wanted]
        finally:
            world.close()


def _take(shot: Shot, folder: Path, browser: Browser, server: str, world: World) -> Path:
    if shot.state.trained and not world.runs:
        world.train()
    context = browser.new_context(reduced_motion="reduce", **VARIANTS[shot.variant])
    try:
        page = context.new_page()
        shot.state.open(page, server, world)
        page.mouse.move(0, 0)
        picture = Image.open(io.BytesIO(page.screenshot(animations="disabled")))
    finally:
        context.close()
    path = folder / shot.file_name
    picture.convert("RGB").save(path, "WEBP", quality=56, method=6)
    return path


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", metavar="TEXT", help="files whose name contains this")
    options = parser.parse_args()
    try:
        files = take(options.folder, options.only)
    except BnnDesignerError as error:
        print(error, file=sys.stderr)
        return 2
    size_bytes = sum(path.stat().st_size for path in files)
    print(f"{len(files)} pictures, {size_bytes / 1e6:.1f} MB, in {options.folder}")
    return int(size_bytes > MOST_BYTES)


if __name__ == "__main__":
    sys.exit(main())
