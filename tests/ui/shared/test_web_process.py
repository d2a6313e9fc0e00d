from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.ui.conftest import APP

PROGRAM = """
import gc, json, sys
from streamlit.testing.v1 import AppTest
app = AppTest.from_file(sys.argv[1], default_timeout=60).run()
assert not app.exception, app.exception
first = gc.get_freeze_count()
app.run()
seen = ("bnn_designer.ui.runs.runs_view", "bnn_designer.ui.compare.what_if_view")
print(json.dumps({"frozen": first, "then": gc.get_freeze_count(), "seen": [name in sys.modules for name in seen]}))
"""


def test_after_the_first_page_all_pages_are_loaded_and_garbage_is_looked_for_in_what_is_new(tmp_path: Path) -> None:
    environment = os.environ | {"BNN_HOME": str(tmp_path), "PYTHONPATH": str(APP.parent)}
    command = [sys.executable, "-c", PROGRAM, str(APP)]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    said = json.loads(result.stdout)
    assert said["frozen"] > 50_000  # the libraries alone are more
    assert said["then"] <= said["frozen"]  # once: what comes later is collected as ever
    assert said["seen"] == [True, True]
