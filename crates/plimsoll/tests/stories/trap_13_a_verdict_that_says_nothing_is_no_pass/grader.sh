#!/bin/sh
# Says something that is no verdict about each answer, whatever the answer says.
while read -r request; do
  id=${request#*:}
  id=${id%%,*}
  case $((id % 6)) in
    0) echo '{"pass": "maybe"}' ;;
    1) echo "{\"id\": $id}" ;;
    2) echo "{\"id\": $id, \"pass\": true}" ;;
    3) echo "{\"id\": $id, \"value\": \"1\"}" ;;
    4) echo "{\"id\": $id, \"value\": 7}" ;;
    5) echo 'The answer is right: PASS' ;;
  esac
done
