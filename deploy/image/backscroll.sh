#!/bin/sh
# The command line in an image.
exec node /app/build/backscroll.js "$@"
