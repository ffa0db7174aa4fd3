# What a data set holds, and the ground truth of its task.
for task, room in ROOMS.items():

    rule:
        name:
            f"manifest_{task}"
        input:
            unpack(room["ground_truth"]["inputs"]),
        output:
            **room["ground_truth"].get("outputs", {}),
            manifest=room["manifest"],
            provenance="results/manifests/{dataset}.provenance.json",
        log:
            "results/logs/manifest/{dataset}.log",
        wildcard_constraints:
            dataset=alternatives(room["datasets"]),
        group:
            cluster_group("unpack")
        conda:
            "../envs/framefault.yaml"
        threads: THREADS["manifest"]
        resources:
            **needs(gb=1, minutes=20),
        params:
            **stage(
                f"manifest_{task}",
                room["ground_truth"].get("circumstances", lambda wildcards: {}),
                **room["ground_truth"]["settings"],
            ),
        shell:
            COMMAND


rule manifest_streams:
    input:
        videos=made_streams,
        manifest=SETS,
    output:
        streams="results/manifests/{dataset}.streams.csv",
        provenance="results/manifests/{dataset}.streams.provenance.json",
    log:
        "results/logs/manifest/{dataset}.streams.log",
    conda:
        "../envs/framefault.yaml"
    resources:
        **needs(gb=1, minutes=30),
    params:
        **stage("manifest_streams", folder=stream_folder),
    shell:
        COMMAND
