from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.ui.conftest import APP

PROGRAM = """
import sys
from streamlit.testing.v1 import AppTest
from bnn_designer.design.links import link_text
from bnn_designer.design.presets import preset
app = AppTest.from_file(sys.argv[1], default_timeout=60).run()
app.query_params["design"] = link_text(preset("bi-real-cifar"))
app.run()
assert app.query_params["draft"]
for page in ("train", "runs", "export", "learn", "inside", "classroom"):
    app.switch_page(f"pages/{page}.py").run()
assert not app.exception, app.exception
heavy = [name for name in ("tensorflow", "keras") if name in sys.modules]
sys.exit(f"imported: {heavy}" if heavy else 0)
"""

#: A chart is drawn while another thread loads the pages, as when somebody opens a link on a server that just started.
RACE = """
import threading
from bnn_designer.ui.shared.web_process import load_pages
loading = threading.Thread(target=load_pages)
loading.start()
from bnn_designer.ui.shared.charts import go
figures = 0
while loading.is_alive() or not figures:
    go.Figure().add_scatter(x=[1], y=[2])
    figures += 1
"""


def test_no_page_imports_tensorflow(tmp_path: Path) -> None:
    environment = os.environ | {"BNN_HOME": str(tmp_path), "PYTHONPATH": str(APP.parent)}
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(APP)], env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr


def test_a_chart_is_drawn_while_the_pages_are_being_loaded(tmp_path: Path) -> None:
    environment = os.environ | {"BNN_HOME": str(tmp_path), "PYTHONPATH": str(APP.parent)}
    result = subprocess.run([sys.executable, "-c", RACE], env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
