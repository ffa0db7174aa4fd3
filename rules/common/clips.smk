# Clips, from archives to cached frames: acquire, manifest, encode, decode.
from framefault.clips.folder import folder_digest


def archive_keys(wildcards, *keys):
    """The named facts of one archive, canonical."""
    archive = config["sources"][wildcards.source]["archives"][wildcards.part]
    return canonical({key: archive[key] for key in keys})


def whereabouts(wildcards):
    """Where an archive is had and kept.

    A resource, no parameter: neither another mirror nor another folder runs anything again.
    """
    source = config["sources"][wildcards.source]
    known = {"urls": source["archives"][wildcards.part]["urls"], "homepage": source["homepage"]}
    return canonical(config["downloads"] | known)


def video_folder(wildcards):
    return DATASETS[wildcards.dataset].get("path", f"results/raw/{wildcards.dataset}")


def made_by_a_rule(path):
    return path.startswith(("results/raw/", "results/sources/", "results/time/raw/"))


def raw_videos(wildcards):
    """Videos that a rule makes; a user's own folder need not exist to plan."""
    return list(filter(made_by_a_rule, [video_folder(wildcards)]))


def split_lists(wildcards):
    """Lists of a split that a rule unpacks."""
    split = DATASETS[wildcards.dataset].get("split", {})
    return list(filter(made_by_a_rule, [split.get("path", "")]))


def manifest_options(wildcards):
    dataset = DATASETS[wildcards.dataset]
    if dataset["type"] == "generated":
        return canonical({"split": {"by": "pattern", "test": "_test_"}, "exclude": []})
    options = {key: dataset[key] for key in ("split", "exclude")}
    if dataset["source"]:
        options["counts"] = official_counts(dataset)
    return canonical(options)


def official_counts(dataset):
    """How many clips the official split has, or nothing where that is not known."""
    counts = config["sources"][dataset["source"]]["counts"]
    return dict(enumerate(counts, 1)).get(dataset["split"].get("number"), {})


def videos_listed(wildcards):
    """Digest of what a user's folder holds; where it is gone, of what it held when listed."""
    dataset = DATASETS[wildcards.dataset]
    if dataset["type"] == "generated":
        return "generated"
    if made_by_a_rule(dataset["path"]):
        return "unpacked"
    if Path(dataset["path"]).is_dir():
        return folder_digest(dataset["path"], dataset["split"])
    record = read_record(f"results/manifests/{wildcards.dataset}.csv")
    return record["settings"]["listed"] if record else "absent"


def encode_options(wildcards):
    kept = DATASETS[wildcards.dataset]["container"]
    return canonical({"container": kept} | (config["encode"] if kept == "mp4" else {}))


def clips_to_decode(wildcards):
    """The clean clips, or the corrupted ones with their account and the clean frames."""
    if wildcards.corruption == "none":
        return {"clips": "results/clips/{dataset}/{split}/{shard}.zip"}
    return {
        "clips": f"{CORRUPTED}.zip",
        "corruption": f"{CORRUPTED}.csv",
        "clean": [f"{CLEAN_DECODED}.frames", f"{CLEAN_DECODED}.parquet"],
    }


def decode_options(wildcards):
    """Test clips are cached as the network sees them, training clips with room for crops."""
    size = config["model"]["size"]
    side = {"short_side": config["decode"]["train_short_side"], "crop": None}
    if wildcards.split == "test":
        side = {"short_side": size, "crop": size}
    limits = {key: config["decode"][key] for key in ("timeout", "memory_mb")}
    return canonical(side | limits)


def decode_group(wildcards):
    """Clean clips are decoded where they are unpacked, corrupted ones where they are made."""
    return UNPACK if wildcards.corruption == "none" else PREPARE


def cache(path):
    """Frames are kept, or deleted once no job needs them."""
    return path if config["compute"]["keep_decoded"] else temp(path)
