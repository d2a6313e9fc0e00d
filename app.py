"""BNN Designer in the browser: the pages and how to get from one to another. `streamlit run app.py`"""

import streamlit as st

from bnn_designer.ui.navigation import navigation
from bnn_designer.ui.style import draw_style

st.set_page_config(page_title="BNN Designer", page_icon="🧩", layout="wide")
page = navigation()
draw_style()
page.run()
