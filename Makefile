PYTHON ?= python3
BIN := .venv/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
SCHEDULER := tcp://127.0.0.1:8786
COMPILE = $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header pyproject.toml

.DEFAULT_GOAL := help
.PHONY: help serve train test check docker-test browser-test screenshots estimators attack-determinism attack-crash attack-http attack-release attack-score attack-draft reference bench bench-tail bench-growth bench-training bench-report bench-pins bench-release bench-scoring bench-drift bench-images first-try score-cluster bento image serve-image reproducible lock clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

serve: .venv/.run ## serve the live version on port 8000, training one if there is none
	@ls -d "$${MODELS_DIR:-models}"/v[1-9]* >/dev/null 2>&1 || $(BIN)/python train.py
	@$(BIN)/bentoml serve

train: .venv/.run ## train one version
	@$(BIN)/python train.py

test: check ## tests, lint and types; all but the container tests
	@echo "running the tests: 16 minutes on 2 cores with ATTACK=ci, less without"
	$(BIN)/python -m pytest -m "not docker"

check: .venv/.dev ## lint and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docker-test: .venv/.dev ## the container tests, with a real engine
	$(BIN)/python -m pytest -m docker -n 0

browser-test: .venv/.dev ## the page and the report in a real Chromium (make test runs them too, where there is one)
	$(BIN)/python -m pytest -m browser

screenshots: .venv/.dev ## take the pictures of docs/img again (needs Chromium)
	@$(BIN)/python scripts/screenshots.py

attack-determinism: .venv/.dev ## train every model under every hostile environment (long)
	ATTACK=whole $(BIN)/python -m pytest -m determinism

attack-crash: .venv/.dev ## kill trainers at every moment, fail disks, let many race (long)
	ATTACK=whole $(BIN)/python -m pytest -m crash -rP

attack-http: .venv/.dev ## send the service everything hostile, and thousands of fuzzed requests (long)
	ATTACK=whole $(BIN)/python -m pytest -m attack

attack-release: .venv/.dev ## release versions under load, hundreds of times, with workers killed (long)
	ATTACK=whole $(BIN)/python -m pytest -m release

attack-score: .venv/.dev ## kill and stop jobs that score files at every moment, and damage their input (long)
	ATTACK=whole $(BIN)/python -m pytest -m score -rP

attack-draft: .venv/.dev ## draft a config for hundreds of random tables, and train each
	ATTACK=whole $(BIN)/python -m pytest -m draft

reference: .venv/.run ## train models/v1 again, when the lock or the code changed its bytes on purpose
	@new=$$(mktemp -d models/.reference-XXXXXX) && trap 'chmod -R u+w "$$new"; rm -rf "$$new"' EXIT \
	 && BENTOML_HOME="$$new/store" MODELS_DIR="$$new/models" $(BIN)/python train.py \
	 && mv models/v1 "$$new/old" && mv "$$new/models/v1" models/v1 \
	 && echo "models/v1 is replaced; commit it if its change is meant"

bench: .venv/.run ## compare with other servers in one run (needs wrk; about 15 minutes)
	@$(BIN)/python benchmarks/serving.py

bench-tail: .venv/.run ## single rows beside large batches, and memory over ten minutes (needs wrk)
	@$(BIN)/python benchmarks/tail.py

bench-growth: .venv/.run ## how cost grows with features, trees, batch size and workers (needs wrk)
	@$(BIN)/python benchmarks/growth.py

bench-training: .venv/.run ## what train.py adds to a bare scikit-learn script
	@$(BIN)/python benchmarks/training.py

bench-report: .venv/.run ## what report.json adds to a build of a million rows (15 minutes)
	@$(BIN)/python benchmarks/report.py

bench-pins: .venv/.run ## what the pins cost in training time
	@$(BIN)/python benchmarks/pins.py

bench-release: .venv/.dev ## releases under load: what is lost, how long it takes, what it costs (40 minutes)
	@$(BIN)/python benchmarks/release.py

bench-scoring: .venv/.dev ## the command score beside other ways, over files and HTTP (needs wrk; 20 minutes)
	@$(BIN)/python benchmarks/scoring.py

bench-images: .venv/.dev ## the images beside the host: size, cold start, memory, health check, stop (5 minutes)
	@$(BIN)/python benchmarks/images.py

bench-drift: .venv/.dev ## what counting for drift costs, and simulated looks at equal and shifted rows (10 minutes)
	@$(BIN)/python benchmarks/drift.py

first-try: .venv/.run ## init and train over real data files of packages, which it downloads (132 files)
	@$(BIN)/python -W ignore benchmarks/first_try.py

estimators: .venv/.run ## measure again which runtime each estimator passes
	@$(BIN)/python -W ignore -m benchmarks.estimators

score-cluster: .venv/.dask ## a Dask cluster here, until Ctrl-C: a scheduler and two workers of one thread
	@echo "score with: $(BIN)/python -m maas score IN OUT --engine dask --scheduler $(SCHEDULER)"
	@trap 'kill $$scheduler $$workers 2>/dev/null; wait' INT TERM EXIT; \
	 $(BIN)/python -m dask scheduler --host 127.0.0.1 --port 8786 --no-dashboard & scheduler=$$!; \
	 $(BIN)/python -m dask worker $(SCHEDULER) --host 127.0.0.1 --nworkers 2 --nthreads 1 \
	   --memory-limit 0 --no-dashboard & workers=$$!; \
	 wait $$scheduler

bento: .venv/.run ## pack the live version into a Bento (MODEL_VERSION chooses)
	@$(BIN)/python -m maas bento

image: .venv/.run ## build the image of the whole project
	arguments=$$($(BIN)/python scripts/image_labels.py) && docker build -t model-service $$arguments .

serve-image: .venv/.run ## build the image that serves the live version and nothing else
	arguments=$$($(BIN)/python scripts/image_labels.py) && docker build -t model-serve --target serve $$arguments .

reproducible: .venv/.run ## build each image and the Bento twice, and say what differs
	@$(BIN)/python -m scripts.reproducible

lock: .venv/.dev ## resolve pyproject.toml again into the five locks
	$(COMPILE) --upgrade --all-extras -o requirements/dev.txt
	$(COMPILE) -c requirements/dev.txt --extra sklearn --extra train --extra pack --extra test -o requirements.txt
	$(COMPILE) -c requirements/dev.txt -o requirements/serving.txt
	$(COMPILE) -c requirements/dev.txt --extra sklearn -o requirements/serving-sklearn.txt
	$(COMPILE) -c requirements/dev.txt --extra sklearn --extra train --extra dask -o requirements/dask.txt

clean: ## remove the environment and caches; versions and logs stay
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache

.venv/.run: requirements.txt
	@test -d .venv || $(PYTHON) -m venv .venv
	@echo "installing requirements.txt (about a minute)"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes --only-binary=:all: -r $<
	@touch $@

.venv/.dev: requirements/dev.txt
	@test -d .venv || $(PYTHON) -m venv .venv
	@echo "installing requirements/dev.txt (about a minute)"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes --only-binary=:all: -r $<
	@touch $@

.venv/.dask: requirements/dask.txt
	@test -d .venv || $(PYTHON) -m venv .venv
	@echo "installing requirements/dask.txt (about a minute)"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes --only-binary=:all: -r $<
	@touch $@
