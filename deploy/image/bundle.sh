#!/bin/sh
# Puts what is the same on every platform into an image's tree: the bundle, the check of its health, and the command backscroll.
#   sh deploy/image/bundle.sh <the repository, with its packages installed> <the tree>
# Run by the Dockerfile, and by the check that starts the tree (scripts/check-image.mjs).
set -eu
source=$1
tree=$2
cd "$source"
node scripts/bundle.mjs
mkdir -p "$tree"
cp -R build "$tree/build"
cp deploy/image/healthcheck.mjs deploy/image/backscroll.sh "$tree/"
