"""The story of a clip: made in a finished run by one job, the same bytes each time."""

import re

import pytest

from crash_tools import CONFIG, copy_without, finished_paper
from framefault.data.manifest import read_manifest
from workflow_tools import planned_jobs, snakemake

CONDITIONS = ("packet_loss/0.1", "random/1e-4", "contiguous/0.5", "clean/0")


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return copy_without(finished_paper(tmp_path_factory), tmp_path_factory.mktemp("told") / "one")


@pytest.fixture(scope="module")
def targets(finished):
    clip = read_manifest(finished / "results/manifests/motion.csv", "test")["id"].iloc[0]
    return [f"results/stories/motion/{clip}/{each}/seed0.html" for each in CONDITIONS]


@pytest.mark.slow
def test_a_finished_run_tells_stories_by_one_job_each_and_to_the_same_bytes(finished, targets):
    assert planned_jobs(snakemake(finished, "-n", *targets, *CONFIG)) == {"story": len(targets)}
    snakemake(finished, "-c2", *targets, *CONFIG)
    pages = [(finished / target).read_bytes() for target in targets]
    (finished / targets[0]).unlink()
    snakemake(finished, "-c1", targets[0], *CONFIG)
    assert (finished / targets[0]).read_bytes() == pages[0]
    lossy, flipped, _, clean = (page.decode() for page in pages)
    assert len(re.findall('class="(?:hit|kept)"', lossy)) > 1
    assert "bytes differ" in flipped
    assert "Nothing is damaged" in clean
    for page in pages:
        assert b"http" not in page
        assert b"<script" not in page
    assert all(f"<th>{model}<small>" in lossy for model in ("none", "bat", "at_eps2"))


def test_a_clip_that_there_is_not_is_one_sentence(finished):
    target = "results/stories/motion/bounce/none/random/1e-4/seed0.html"
    done = snakemake(finished, "-c1", target, *CONFIG, check=False)
    assert done.returncode != 0
    assert "motion has no test clip bounce/none; it has 20, such as bounce/" in done.stdout
