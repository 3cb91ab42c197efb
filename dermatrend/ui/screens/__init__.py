"""The pages of the app: each module draws one.

The folder is not called `pages`: beside the entry script Streamlit takes a folder of that name for its own
older way of many pages, and opens the modules of a linked page as scripts.
"""
