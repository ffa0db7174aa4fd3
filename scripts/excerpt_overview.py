"""What Figure 1 shows: the middle frame of a typical clip, clean and damaged."""

from framefault.plots.examples import examples_of, line, typical_clip
from framefault.plots.excerpt import write_excerpt
from framefault.workflow.job import stage


@stage
def main(job):
    examples = examples_of(job.input, job.settings.excerpt)
    index, count = typical_clip([examples.facts[pair] for pair in examples.conditions[1:]])
    lines = [line(examples, pair, index, 1, "") for pair in examples.conditions]
    write_excerpt(job.output.excerpt, {"count": count, "lines": lines})
