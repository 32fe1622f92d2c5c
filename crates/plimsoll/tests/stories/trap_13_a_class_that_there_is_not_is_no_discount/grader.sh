#!/bin/sh
# Fails every answer, and misspells why.
while read -r request; do
  id=${request#*:}
  id=${id%%,*}
  echo "{\"id\": $id, \"value\": false, \"class\": \"wrong-source\"}"
done
