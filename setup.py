"""What pyproject.toml cannot say: the app's files lie beside the package here, and within it where it is installed."""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent
#: Read by :func:`bnn_designer.folders.project_file`.
SITE = ("app.py", "pages/*.py", ".streamlit/config.toml", "results/*.json", "results/designs/*.json")


class BuildWithSite(build_py):
    """Copies ``SITE`` into ``bnn_designer/site`` of what is built; an editable install has them where they are."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            for source, copy in self._site():
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, copy)

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        site = [] if self.editable_mode else [str(copy) for _, copy in self._site()]
        return [*super().get_outputs(include_bytecode), *site]

    def _site(self) -> list[tuple[Path, Path]]:
        found = sorted(path for pattern in SITE for path in ROOT.glob(pattern))
        return [(path, Path(self.build_lib, "bnn_designer", "site", path.relative_to(ROOT))) for path in found]


setup(cmdclass={"build_py": BuildWithSite})
