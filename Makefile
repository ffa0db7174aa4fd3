# `make demo` and `make test` each set everything up on a fresh machine and do their job.
PYTHON ?= python3
BIN := .venv/bin
CORES ?= all
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: demo test test-fast test-long lint bench bench-gpu fuzz mutants plan why provenance archive restore audit docs review clean

demo: .venv/ready
	FRAMEFAULT_COMMAND="make demo" snakemake -c $(CORES) -- all
	@echo; echo "Report:  results/report.html"; cat results/report.txt

test: .venv/test-ready lint
	pytest

# Style and the unit tests that start few processes: for each change.
test-fast: .venv/test-ready lint
	pytest tests/unit -m "not long and not slow"

# Kills runs many times over; takes about half an hour.
test-long: .venv/test-ready
	pytest -m long

# make why TARGET=results/tables/table1.csv [CONFIG=mine.yaml]: what would run again, and why.
why: .venv/ready
	@python scripts/why.py $(TARGET) $(if $(CONFIG),--configfile $(CONFIG))

# make plan TARGET=results/tables/table1.csv CONFIG=config/paper.yaml: jobs, hours, disk of a cluster run.
plan: .venv/ready
	@python scripts/plan.py $(TARGET) $(if $(CONFIG),--configfile $(CONFIG))

# make provenance TARGET=results/tables/table1.csv [ALL=1]: how it was made, from the raw clips on.
provenance: .venv/ready
	@python scripts/provenance.py $(TARGET) $(if $(ALL),--all)

# make archive [MAX_MB=50]: results/archive.tar.xz, refused if it is larger; make restore ARCHIVE=file:
# its files, in a new clone.
archive: .venv/ready
	@python scripts/archive.py $(if $(MAX_MB),--max-mb $(MAX_MB))

restore: .venv/ready
	@python scripts/archive.py --restore "$(ARCHIVE)"

# make audit FOLDER=/where/videos/are [OUT=audit.csv]: which files are damaged, as the decoder says.
audit: .venv/ready
	@python scripts/audit_folder.py $(if $(FOLDER),"$(FOLDER)") $(if $(OUT),--out "$(OUT)")

# make review DATASET=scenes FRAMES=results/raw/scenes [CONFIG=mine.yaml]: the page for annotators, on
# this machine only. Answers are kept in data/review; EXPORT=answers.csv writes them instead.
review: .venv/ready
	@$(BIN)/pip install --quiet --disable-pip-version-check -r envs/review.txt
	snakemake -c1 --quiet all $(if $(CONFIG),--configfile $(CONFIG)) -- results/manifests/$(DATASET).candidates.json
	@mkdir -p data/review
	@python scripts/review_page.py results/manifests/$(DATASET).candidates.json data/review/$(DATASET).sqlite \
	  $(if $(EXPORT),--export $(EXPORT),$(if $(FRAMES),--frames $(FRAMES)) $(if $(LABELS),--labels))

lint: .venv/test-ready
	ruff check
	ruff format --check
	snakefmt --check Snakefile rules
	snakemake --lint

# The documentation as a site, in site/.
docs: .venv/test-ready
	mkdocs build --strict
	@echo "site/index.html"

# With envs/bench.txt installed, other decoders are measured beside ours.
bench: .venv/test-ready
	PYTHONPATH=scripts python tests/bench.py $(if $(QUICK),--quick)

# On a machine with a GPU; PARTS="recognition defence" measures only these.
bench-gpu: .venv/test-ready
	PYTHONPATH=scripts python tests/bench_gpu.py $(PARTS)

# make fuzz N=1000000 [PART=decode]: so many damaged files, but those done before; make fuzz SEED=17:
# that one again.
fuzz: .venv/test-ready
	PYTHONPATH=scripts python tests/fuzz.py $(if $(N),--count $(N)) $(if $(PART),--part $(PART)) \
	  $(if $(SEED),--seed $(SEED))

# make mutants N=100 [ONLY=corruption/] [SEED=1]: small wrongs in the science that no test notices.
mutants: .venv/test-ready
	PYTHONPATH=scripts python tests/mutants.py $(if $(N),--count $(N)) $(if $(SEED),--seed $(SEED)) \
	  $(if $(ONLY),--only $(ONLY))

.venv/ready: envs/requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "framefault needs Python 3.11 or newer; set PYTHON=/path/to/it"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r envs/requirements.txt
	touch $@

.venv/test-ready: .venv/ready envs/requirements-test.txt envs/rar.txt envs/onnx.txt envs/timm.txt \
  envs/review.txt envs/docs.txt
	$(BIN)/pip install --quiet --disable-pip-version-check -r envs/requirements-test.txt
	touch $@

clean:
	rm -rf results .snakemake build site scripts/*.egg-info
