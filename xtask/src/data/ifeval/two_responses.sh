#!/bin/sh
# Two different responses, with six asterisks between them. One request a line, one verdict a line, as docs/formats/process-grader.md
# says. The text is compared as it stands in its JSON string, where a line break is `\n`.

trim() {
    t=$1
    while :; do
        case $t in
            ' '*) t=${t#?} ;;
            *' ') t=${t%?} ;;
            '\n'*) t=${t#??} ;;
            *'\n') t=${t%??} ;;
            *) break ;;
        esac
    done
}

while IFS= read -r line; do
    id=${line#*\"id\":}
    id=${id%%,*}
    text=${line#*\"answer\":\{\"text\":\"}
    text=${text%%\",\"structured\":*}
    value=false
    case $text in
        *'******'*'******'*) reason='more than two responses' ;;
        *'******'*)
            trim "${text%%'******'*}"
            first=$t
            trim "${text#*'******'}"
            if [ -z "$first" ] || [ -z "$t" ]; then
                reason='a response is empty'
            elif [ "$first" = "$t" ]; then
                reason='both responses are the same'
            else
                value=true reason=''
            fi
            ;;
        *) reason='one response only' ;;
    esac
    printf '{"id":%s,"value":%s,"reason":"%s"}\n' "$id" "$value" "$reason"
done
