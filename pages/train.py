import streamlit as st

st.title("train")
st.write(dict(st.query_params))
st.page_link("pages/train.py", label="go", query_params={"draft": "x"})
