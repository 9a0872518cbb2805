#!/bin/sh
# Puts what is the same on every platform into an image's tree: the bundle, and the check of its health.
#   sh deploy/image/bundle.sh <the repository> <the tree>
# Run by the Dockerfile, and by the check that starts the tree (scripts/check-image.mjs).
set -eu
source=$1
tree=$2
cd "$source"
[ -d node_modules ] || npm ci --ignore-scripts --no-audit --no-fund
node scripts/bundle.mjs
mkdir -p "$tree"
cp -R build "$tree/build"
cp deploy/image/healthcheck.mjs "$tree/"
