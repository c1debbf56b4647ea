# The bot with its model and its library inside. TORCH_INDEX names an index with CPU builds of PyTorch,
# as for the Makefile; without one the default builds are taken, which carry CUDA (some gigabytes).
FROM python:3.11-slim-bookworm AS build
ARG TORCH_INDEX=""
ARG TORCH="torch==2.13.0"
ENV PATH=/venv/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app
RUN python -m venv /venv && pip install ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} "$TORCH"
COPY requirements.lock ./
RUN pip install --require-hashes --no-deps -r requirements.lock
COPY config.toml ingest.py LICENSE ./
COPY knowledge knowledge
COPY bot bot
# The path of the data stands in the model's card, so it is made where it will lie.
# Some of its files are their maker's alone, and the bot is another user.
RUN python ingest.py --data /data && mv /data /seed && rm -f /seed/*.lock && chmod -R a+rX /seed

FROM python:3.11-slim-bookworm
# Scans are read by it.
RUN apt-get update && apt-get install -y --no-install-recommends tesseract-ocr tesseract-ocr-ind \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin kotacerdas \
    && install -d -o kotacerdas -g kotacerdas /data
COPY --from=build /venv /venv
COPY --from=build /seed /seed
COPY --from=build /app /app
COPY deploy/start.sh /app/start.sh
# HOME is written to by libraries only; the root file system may be read-only, with a tmpfs on /tmp.
ENV PATH=/venv/bin:$PATH HOME=/tmp PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    KOTACERDAS_DATA__DIR=/data \
    KOTACERDAS_OPERATIONS__LISTEN=0.0.0.0 KOTACERDAS_OPERATIONS__PORT=9464 KOTACERDAS_OPERATIONS__LOG_FORMAT=json
WORKDIR /app
USER 10001:10001
VOLUME /data
EXPOSE 9464
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=20s --start-period=180s --retries=3 \
    CMD ["python", "-c", "import urllib.request as web; web.urlopen('http://127.0.0.1:9464/healthz', timeout=15)"]
CMD ["sh", "/app/start.sh"]
