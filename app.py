"""The app: `streamlit run app.py`, or `dermatrend serve`."""

import streamlit as st

from dermatrend import web

app = st.App("dermatrend/ui/main.py", **web.parts())
