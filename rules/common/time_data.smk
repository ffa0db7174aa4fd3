# Paper B, data: videos, sets, frames.


def time_folder(dataset):
    """Where a data set's metadata and frames lie."""
    if generated(TIME_DATASETS, dataset):
        return f"results/time/raw/{dataset}"
    return TIME_DATASETS[dataset]["path"]


def release(wildcards):
    """The folder that a rule makes or unpacks; a user's own need not exist to plan."""
    folder = time_folder(wildcards.dataset)
    if folder.startswith("results/sources/"):
        return str(Path(folder).parent)
    return list(filter(made_by_a_rule, [folder]))


def time_layout(wildcards):
    dataset = TIME_DATASETS[wildcards.dataset]
    return dataset.get("layout", dataset["type"])


def frames_folder(wildcards):
    folder = time_folder(wildcards.dataset)
    return TIME_DATASETS[wildcards.dataset].get("frames") or folder


def pmk_labels(wildcards):
    """The review of frame pairs; YTBB-Robust only."""
    if time_layout(wildcards) == "vid":
        return ""
    if generated(TIME_DATASETS, wildcards.dataset):
        return f"results/time/raw/{wildcards.dataset}/metadata/pmk_labels.json"
    return TIME_DATASETS[wildcards.dataset]["pmk_labels"]


def metadata(folder):
    return [file for part in ("metadata", "misc") for file in sorted((folder / part).glob("*.*"))]


def metadata_content(wildcards):
    """Digest of a user's metadata and review of pairs; where they are gone, of what was read."""
    places = filter(None, [time_folder(wildcards.dataset), pmk_labels(wildcards)])
    own = [Path(place) for place in places if not made_by_a_rule(place)]
    if not own:
        return "made"
    files = [file for place in own for file in ([place] if place.is_file() else metadata(place))]
    if files:
        return canonical([digest(file)[:16] for file in files])
    record = read_record(f"results/time/{wildcards.dataset}/sets.json")
    return record["settings"]["content"] if record else "absent"


def time_video_folder(wildcards):
    """The videos that the frames of a release are from, which it does not have."""
    if generated(TIME_DATASETS, wildcards.dataset):
        return time_folder(wildcards.dataset)
    return TIME_DATASETS[wildcards.dataset]["videos"]


def made_videos(wildcards):
    return list(filter(made_by_a_rule, [time_video_folder(wildcards)]))
