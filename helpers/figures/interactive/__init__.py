"""Pictures with controls, for pages, notebooks and saved files.

Python computes every state beforehand. `stage.py` writes the picture of the
first state, which stays when no script runs, with a table of all states
beside it; `interactive.js` only shows another row of that table.
"""
