"""BNN Designer in the browser: the pages and how to get from one to another. `streamlit run app.py`"""

from pathlib import Path

import streamlit as st

from bnn_designer import ui
from bnn_designer.ui.shared.account_view import entered
from bnn_designer.ui.shared.navigation import navigation
from bnn_designer.ui.shared.sign_in import is_off
from bnn_designer.ui.shared.style import draw_style
from bnn_designer.ui.shared.web_process import settle
from bnn_designer.ui.shared.whole import keep_callbacks_whole

# A file of ours: an emoji is fetched from the internet, and drawn as an empty box where no font has it.
ICON = Path(ui.__file__).parent / "icon.svg"

keep_callbacks_whole()
st.set_page_config(page_title="BNN Designer", page_icon=str(ICON), layout="wide")
if is_off():  # nothing comes before the menu, so that a page is there as soon as it can be
    page = navigation()
    draw_style()
    page.run()
else:
    draw_style()
    if entered():
        navigation(signed_in=True).run()
    else:
        navigation(hidden=True)
settle()
