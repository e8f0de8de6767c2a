"""How long a Jacobian takes, beside JAX and PyTorch; see README.md.

Run as modules, `python -m benchmarks.lstm`, under the book's settings but
for one: outputs are stored without oneDNN, and people compute with it.
"""

import os

import tasks

TENSORFLOWS_OWN = "TF_ENABLE_ONEDNN_OPTS"
SETTINGS = {k: v for k, v in tasks.FIXED.items() if k != TENSORFLOWS_OWN}

os.environ.pop(TENSORFLOWS_OWN, None)
for name, value in SETTINGS.items():
    os.environ.setdefault(name, value)
