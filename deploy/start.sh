#!/bin/sh
# A new volume gets the model and the library of the image; an old one the documents that have changed since.
set -eu
[ -e "$KOTACERDAS_DATA__DIR/index/CURRENT" ] || cp -R /seed/. "$KOTACERDAS_DATA__DIR/"
# Whatever happens to an ingest, the library before it serves; the bot itself says so if there is none.
python ingest.py || true
exec python -m bot run
