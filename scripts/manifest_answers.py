"""Answers of simulated annotators to the candidates of embedded scenes."""

from framefault.data import scenes
from framefault.tasks.frames.annotators import simulate
from framefault.tasks.frames.answers import write_answers
from framefault.tasks.frames.candidates import read_candidates
from framefault.workflow.job import stage


@stage
def main(job):
    settings, dataset = job.settings, job.wildcards.dataset
    plan = scenes.plan_videos(dataset, settings, "test")
    shown = {name: (source, outline) for name, source, outline, _ in plan}

    def scene_of(video):
        return scenes.video_scene(video, *shown[video], "test", settings.length)

    candidates = read_candidates(job.input.candidates)
    write_answers(job.output.answers, simulate(dataset, candidates, scene_of, settings.review))
