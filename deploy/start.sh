#!/bin/sh
# A new volume gets the model and the library of the image; an old one the documents that have changed since.
# With arguments: the same, then that command in the bot's place.
set -eu
[ -e "$KOTACERDAS_DATA__DIR/index/CURRENT" ] || cp -R /seed/. "$KOTACERDAS_DATA__DIR/"
[ $# -eq 0 ] || exec "$@"
# Whatever happens to an ingest, the library before it serves; the bot itself says so if there is none.
# A library that several machines share has an ingest of its own.
[ -n "${KOTACERDAS_INDEX__CHROMA:-}" ] || python ingest.py || true
exec python -m bot run
