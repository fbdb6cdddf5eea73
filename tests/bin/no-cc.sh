#!/bin/sh
# Stands in for a C compiler of a platform that is only type-checked: nothing is
# linked, so that an empty object file serves.
while [ $# -gt 0 ]; do
    [ "$1" = -o ] && : > "$2"
    shift
done
