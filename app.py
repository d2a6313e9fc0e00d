"""BNN Designer in the browser: the pages and how to get from one to another. `streamlit run app.py`"""

import streamlit as st

st.set_page_config(page_title="BNN Designer", page_icon="🧩", layout="wide")
st.navigation(
    [
        st.Page("pages/design.py", title="Design", icon="🧩", default=True),
        st.Page("pages/train.py", title="Train", icon="🏋️"),
        st.Page("pages/runs.py", title="Runs", icon="📈"),
    ],
    position="top",
).run()
