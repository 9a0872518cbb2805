#!/bin/sh
# Puts the packages that the server needs on this platform into an image's tree, in the versions of the lockfile. None of them has to
# run a script to be installed.
#   sh deploy/image/packages.sh <the repository> <the tree>
set -eu
source=$1
tree=$2
mkdir -p "$tree"
cp "$source/package-lock.json" "$source/.npmrc" "$tree/"
node "$source/deploy/image/package.mjs" "$source" "$tree"
cd "$tree"
# Not "npm ci": the lockfile names the packages of development too, which are left out here.
npm install --ignore-scripts --no-audit --no-fund
rm -f package-lock.json .npmrc
