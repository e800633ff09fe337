# make          set up, run the toy study on all cores, write its report
#               make TORCH=cu126: with a build of torch for V100s, which later calls keep
#               make FAIRSEQ=no environment: set up alone, without fairseq and so without a compiler, for models of the hub
#               and folders of transformers; later calls keep that, until FAIRSEQ=yes
# make lab      70 to 80 minutes on two idle cores, by the times of its jobs, and over two hours on a slow machine: models of
#               two languages in eleven variants of pretraining, three seeds each, and its report (studies/lab.yaml)
# make test     set up, run the tests
# make torture  an hour: kills at random moments, files and configs damaged by the thousand; its figures are in
#               benchmarks/results/torture.md
# make check    slow: what make torture does, and what the toy study must show on two worlds of other seeds, with controls
# make docs     docs/config.md from the config's schema, docs/dag.svg from the rules, the site in docs/_build/html
# make bench    measure against what people use, ten minutes of a quiet core: benchmarks/results/cpu.md; on a GPU too if
#               there is one: benchmarks/results/gpu-CARD.md
# make clean    delete what the toy study made (not the environment, and not the laboratory)

# A shell reads the path of the checkout whenever a job starts: only characters that mean nothing to it are taken. All
# beyond ASCII are. rules/common.smk refuses the same ones.
ifneq ($(strip $(shell printf %s "$$(pwd -P)" | LC_ALL=C tr -d 'A-Za-z0-9_@%+=:,./~\200-\377-' | wc -c)),0)
$(error the checkout is in a folder whose path has a space or another character that a shell reads, "$(CURDIR)". \
Next: move it below folders with names of letters, digits, - and _)
endif

# Snakemake, pip and uv keep caches in the home folder, and Snakemake does not start where it cannot write one.
CACHES := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)
ifeq ($(shell mkdir -p "$(CACHES)/snakemake" 2>/dev/null && test -w "$(CACHES)/snakemake" && echo yes),)
export XDG_CACHE_HOME := $(CURDIR)/.snakemake/caches
$(warning $(CACHES) cannot be written to. Caches go to $(XDG_CACHE_HOME); export XDG_CACHE_HOME to change that)
endif

PYTHON ?= python3
STUDY := studies/toy.yaml
BIN := .venv/bin
UV := .uv/bin/uv
# Which build of torch is installed, such as cu126; empty for the one of the lock. The environment remembers it.
INSTALLED := $(shell cat .venv/.torch 2>/dev/null)
TORCH ?= $(INSTALLED)
# Whether fairseq is installed, which only pretraining and checkpoints of fairseq need: yes or no, remembered likewise.
HAS_FAIRSEQ := $(or $(shell cat .venv/.fairseq 2>/dev/null),yes)
FAIRSEQ ?= $(HAS_FAIRSEQ)
ifeq ($(filter yes no,$(FAIRSEQ)),)
$(error FAIRSEQ=$(FAIRSEQ) is neither yes nor no)
endif
# If pip is configured with a folder of wheels, that may have a build of torch (envs/install.sh).
WHEELS = $(or $(PIP_FIND_LINKS),$(shell $(PYTHON) -m pip config get global.find-links 2>/dev/null))

.PHONY: environment study lab test torture check docs bench clean
.DEFAULT_GOAL := study

environment: .venv/.installed

# Before each start Snakemake evaluates every ready job with all its inputs; sixteen of them keep all cores busy.
study: .venv/.installed
	$(BIN)/snakemake --configfile $(STUDY) --cores all --scheduler greedy --scheduler-subsample 16 all
	$(BIN)/snakemake --configfile $(STUDY) --report results/toy/report.html all > logs/report.log 2>&1 || { cat logs/report.log; exit 1; }
	@echo "The report: $(CURDIR)/results/toy/report.html"
	@echo "Every score, to look at: $(CURDIR)/results/toy/explorer.html"

LAB := --configfile $(STUDY) studies/lab.yaml
SHOWN := ablation results/lab/checks/laboratory.html results/lab/audit/laboratory.html \
  $(foreach number,26 27 28,results/lab/figures/figure-$(number).html) results/lab/tables/table-10.html
lab: .venv/.installed
	@echo "The laboratory: 36 models are pretrained and measured, 70 to 80 minutes on two idle cores by the times of such jobs, over two hours on a slow machine. It goes on where it was stopped."
	$(BIN)/snakemake $(LAB) --cores all --scheduler greedy --scheduler-subsample 16 $(SHOWN)
	$(BIN)/snakemake $(LAB) --report results/lab/report.html $(SHOWN) > logs/lab-report.log 2>&1 || { cat logs/lab-report.log; exit 1; }
	@echo "The report: $(CURDIR)/results/lab/report.html"
	@echo "Whether the models show what they must: $(CURDIR)/results/lab/checks/laboratory.html"

# Tests that share a study, a cluster or a module go to one worker (tests/conftest.py), the longest first.
test: .venv/.installed
	$(BIN)/python -m pytest --numprocesses auto --no-loadscope-reorder

torture: .venv/.installed
	$(BIN)/python -m pytest --numprocesses auto --no-loadscope-reorder -m check --junitxml logs/torture.xml \
	  tests/workflow/test_torture.py tests/unit tests/integration; \
	  ended=$$?; $(BIN)/python benchmarks/torture.py logs/torture.xml && exit $$ended

check: .venv/.installed
	$(BIN)/python -m pytest -m check

docs: .venv/.installed
	PYTHONPATH=workflow/scripts $(BIN)/python -m polychron.study.configuration.config_docs workflow/schemas/config.schema.yaml config.yaml docs/config.md
	$(BIN)/python docs/dag.py
	$(BIN)/python -m sphinx --quiet --fail-on-warning --keep-going -c docs . docs/_build/html
	@echo "The pages: $(CURDIR)/docs/_build/html/docs/index.html"

bench: .bench/.installed
	.bench/bin/python benchmarks/bench.py
	.bench/bin/python benchmarks/gpu.py

# The packages that are compared with are in a separate environment, which falls back to the packages of the product.
.bench/.installed: .venv/.installed benchmarks/peers.txt
	$(BIN)/python -m venv .bench
	$(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))' \
	  > "$$(.bench/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/product.pth"
	.bench/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r benchmarks/peers.txt
	touch $@

clean:
	rm -rf results/toy resources/toy logs/toy results/plan/toy.*

.venv/.installed: pyproject.toml uv.lock envs/install.sh envs/uv.txt envs/build.txt envs/torch-cpu.txt
	@$(PYTHON) -c 'import sys; sys.exit(None if (3, 11) <= sys.version_info < (3, 13) else \
	  "polychron needs Python 3.11 or 3.12, and $(PYTHON) is %d.%d: make PYTHON=python3.11" % sys.version_info[:2])'
	@[ $(FAIRSEQ) = no ] || command -v g++ > /dev/null || { echo "fairseq is compiled on installation: a C++ compiler is missing (apt install g++). Without pretraining: make FAIRSEQ=no environment"; exit 1; }
	$(PYTHON) -m venv .uv
	.uv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r envs/uv.txt
	$(UV) venv --quiet --allow-existing --python $(PYTHON) .venv
	UV=$(UV) FAIRSEQ=$(FAIRSEQ) TORCH=$(TORCH) bash envs/install.sh $(BIN)/python $(WHEELS)
	printf '%s\n' '$(TORCH)' > .venv/.torch
	printf '%s\n' '$(FAIRSEQ)' > .venv/.fairseq
	touch $@

# Another build than the one that is there is installed, and fairseq where it is not there.
ifneq ($(TORCH) $(FAIRSEQ),$(INSTALLED) $(HAS_FAIRSEQ))
.PHONY: .venv/.installed
endif
