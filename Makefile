# A thin front: every command is a line of tasks.py, so that
# `python tasks.py book` does the same where there is no make.
PYTHON ?= python3
NB     ?=
ARGS   ?=

.PHONY: help book test elsewhere run lab lock bench clean

help:
	@$(PYTHON) tasks.py --help

book:
	@$(PYTHON) tasks.py book

test:
	@$(PYTHON) tasks.py test $(ARGS)

elsewhere:
	@$(PYTHON) tasks.py elsewhere $(NB) $(ARGS)

run:
	@$(PYTHON) tasks.py run $(NB) $(ARGS)

lab:
	@$(PYTHON) tasks.py lab $(ARGS)

lock:
	@$(PYTHON) tasks.py lock $(ARGS)

bench:
	@$(PYTHON) tasks.py bench $(ARGS)

clean:
	@$(PYTHON) tasks.py clean
