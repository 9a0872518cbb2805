#!/bin/sh
# Puts the packages that the server needs on this platform into an image's tree. None of them has to run a script to be installed.
#   sh deploy/image/packages.sh <the repository> <the tree>
set -eu
source=$1
tree=$2
mkdir -p "$tree"
cp "$source/package.json" "$source/package-lock.json" "$source/.npmrc" "$tree/"
cd "$tree"
npm ci --omit=dev --ignore-scripts --no-audit --no-fund
rm -f package-lock.json .npmrc
