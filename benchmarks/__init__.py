"""How long a Jacobian takes, beside JAX and PyTorch; see README.md.

Run as modules, `python -m benchmarks.lstm`, under the book's settings.
"""

import os

import tasks

for name, value in tasks.FIXED.items():
    os.environ.setdefault(name, value)
