# shellcheck shell=bash
# Source this after declaring the options: the variables declared as `name=value  # comment` at the start of a line,
# above the line that sources this file, in the calling script ($0) and in the files of the array `option_files`, are
# the options. Computed ones, `name=$..` and `name=(..)`, are not. `--name value`, `--name=value` and, for
# some_name, `--some-name value` set them; the first other argument or `--` ends the options and "$@" holds the rest.

options_die() { echo "$0: $*" >&2; exit 1; }

options_declarations() {
    local file
    # shellcheck disable=SC2016,SC2154
    for file in "$0" ${option_files[@]+"${option_files[@]}"}; do
        sed -E -n -e '/^(\.|source) .*parse_options\.sh/q' -e '/^[A-Za-z_][A-Za-z0-9_]*="?[$(]/d' \
            -e '/^[A-Za-z_][A-Za-z0-9_]*=/p' "$file"
    done
}

options_help() {  # the comment at the head of $0, then name, comment and value of each option
    local name comment
    awk 'NR == 1 && /^#!/ { next } !/^#/ { exit } { sub(/^# ?/, ""); print }' "$0"
    printf '\nOptions:\n'
    options_declarations | awk -F= '
        !($1 in comment) { order[++n] = $1; comment[$1] = "" }
        comment[$1] == "" && match($0, / # /) { comment[$1] = substr($0, RSTART + 3) }
        END { for (i = 1; i <= n; i++) print order[i] "\t" comment[order[i]] }' |
        while IFS=$'\t' read -r name comment; do
            printf '  --%-18s %s(default: %s)\n' "$name" "${comment:+$comment }" "${!name-}"
        done
}

options_set() {  # NAME VALUE
    local declared
    declared=$(options_declarations | cut -d= -f1)
    grep -qxF -e "$1" <<<"$declared" || options_die "unknown option --$1; --help lists those there are"
    case "${!1-}" in
        true | false) [ "$2" = true ] || [ "$2" = false ] || options_die "--$1 takes true or false, not '$2'" ;;
    esac
    printf -v "$1" %s "$2"
}

while [ $# -gt 0 ]; do
    case $1 in
        --help | -h) options_help; exit 0 ;;
        --) shift; break ;;
        --*=*) options_name=${1%%=*} options_value=${1#*=}; shift ;;
        --*)
            options_name=$1
            case ${2---} in --*) options_die "$1 needs a value: $1 VALUE, or $1=VALUE" ;; esac
            options_value=$2; shift 2 ;;
        *) break ;;
    esac
    options_name=${options_name#--}
    options_set "${options_name//-/_}" "$options_value"
done
unset options_name options_value
unset -f options_die options_declarations options_help options_set
