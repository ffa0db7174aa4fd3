# Clips as they are published or encoded once, and as they are sent where protections are asked of.
for name, archive in {"encode": CLIPS, "encode_sent": ENCODED}.items():

    rule:
        name:
            name
        input:
            videos=made_data,
            manifest="results/manifests/{dataset}.csv",
        output:
            archive=archive,
            provenance=archive.replace(".zip", ".provenance.json"),
        log:
            archive.replace("results/clips", "results/logs/encode").replace(".zip", ".log"),
        priority: starts_first
        group:
            cluster_group("unpack")
        conda:
            "../envs/framefault.yaml"
        threads: THREADS["encode"]
        resources:
            **needs(gb=2, minutes=60),
        params:
            **stage("encode", folder=data_folder, encoding=encoding),
        shell:
            COMMAND
