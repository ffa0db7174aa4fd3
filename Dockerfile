# framefault with the versions that envs/requirements.txt pins; docs/elsewhere.md says how to run it.
FROM python:3.12-slim-bookworm
COPY envs/requirements.txt /opt/framefault/envs/requirements.txt
RUN pip install --no-cache-dir --disable-pip-version-check -r /opt/framefault/envs/requirements.txt
COPY Snakefile /opt/framefault/
COPY config /opt/framefault/config
COPY envs /opt/framefault/envs
COPY profiles /opt/framefault/profiles
COPY rules /opt/framefault/rules
COPY scripts /opt/framefault/scripts
# The user may be any one, as with `docker run --user`.
ENV HOME=/tmp MPLCONFIGDIR=/tmp/matplotlib
WORKDIR /work
ENTRYPOINT ["snakemake", "--snakefile", "/opt/framefault/Snakefile"]
CMD ["--help"]
