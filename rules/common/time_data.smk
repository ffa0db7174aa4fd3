# Paper B, data: videos, sets, frames.


def time_folder(dataset):
    """Where a data set's metadata and frames lie."""
    if generated(TIME_DATASETS, dataset):
        return f"results/time/raw/{dataset}"
    return TIME_DATASETS[dataset]["path"]


def made_videos(wildcards):
    return time_folder(wildcards.dataset) if generated(TIME_DATASETS, wildcards.dataset) else []


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


def metadata_content(wildcards):
    """Digest of a release's metadata; where it is gone, of what was read."""
    if generated(TIME_DATASETS, wildcards.dataset):
        return "generated"
    folder = Path(time_folder(wildcards.dataset))
    files = [file for part in ("metadata", "misc") for file in sorted((folder / part).glob("*.*"))]
    files += [file for file in [Path(pmk_labels(wildcards))] if file.is_file()]
    if files:
        return canonical([digest(file)[:16] for file in files])
    record = read_record(f"results/time/{wildcards.dataset}/sets.json")
    return record["settings"]["content"] if record else "absent"


def time_video_folder(wildcards):
    if generated(TIME_DATASETS, wildcards.dataset):
        return time_folder(wildcards.dataset)
    return TIME_DATASETS[wildcards.dataset]["videos"]
