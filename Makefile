# A thin front: every command is a line of tasks.py, so that
# `python tasks.py book` does the same where there is no make.
PYTHON ?= python3
NB     ?=
NAME   ?=
CHAPTER ?=
ARGS   ?=

.PHONY: help setup book pages test quick weekly coverage chapter elsewhere weigh lighthouse pdf run student wheels hub leave-out assignment grade slides lab lock bench clean

help:
	@$(PYTHON) tasks.py --help

setup:
	@$(PYTHON) tasks.py setup

book:
	@$(PYTHON) tasks.py book $(ARGS)

pages:
	@$(PYTHON) tasks.py pages $(ARGS)

test:
	@$(PYTHON) tasks.py test $(ARGS)

quick:
	@$(PYTHON) tasks.py quick $(ARGS)

weekly:
	@$(PYTHON) tasks.py weekly $(ARGS)

coverage:
	@$(PYTHON) tasks.py coverage $(ARGS)

chapter:
	@$(PYTHON) tasks.py chapter $(NAME)

elsewhere:
	@$(PYTHON) tasks.py elsewhere $(NB) $(ARGS)

weigh:
	@$(PYTHON) tasks.py weigh $(ARGS)

lighthouse:
	@$(PYTHON) tasks.py lighthouse $(ARGS)

pdf:
	@$(PYTHON) tasks.py pdf $(ARGS)

run:
	@$(PYTHON) tasks.py run $(NB) $(ARGS)

student:
	@$(PYTHON) tasks.py student $(ARGS)

wheels:
	@$(PYTHON) tasks.py wheels $(ARGS)

hub:
	@$(PYTHON) tasks.py hub $(ARGS)

leave-out:
	@$(PYTHON) tasks.py leave-out $(NAME)

assignment:
	@$(PYTHON) tasks.py assignment $(CHAPTER) $(ARGS)

grade:
	@$(PYTHON) tasks.py grade $(CHAPTER) $(ARGS)

slides:
	@$(PYTHON) tasks.py slides $(NB) $(ARGS)

lab:
	@$(PYTHON) tasks.py lab $(ARGS)

lock:
	@$(PYTHON) tasks.py lock $(ARGS)

bench:
	@$(PYTHON) tasks.py bench $(ARGS)

clean:
	@$(PYTHON) tasks.py clean
