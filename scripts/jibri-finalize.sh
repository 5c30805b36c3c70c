#!/bin/sh
# Hands the recordings of a Jibri over to RecordingPlatform.
#
#   jibri-finalize.sh <session directory>   as Jibri's finalize script: notes the session and returns
#   jibri-finalize.sh --spool               works off what was noted; from a timer, each minute
#   jibri-finalize.sh --check               says what is missing, and whether the platform answers
#
# Each file is pushed with its SHA-256, and reported once the platform has confirmed length and SHA-256. Nothing is removed
# before that, and only with "after=remove". A file without a byte is only reported, and stays. It may be killed at any point:
# what was done is asked for, never assumed.
#
# Settings, one name=value a line, in /etc/recordingplatform/jibri.conf or the file that RP_CONFIG names:
#   url=https://recordings.example     where the platform's API answers
#   source=jibri                       the source's name there
#   api_key=rpk_...                    of scope ingest:<source>
#   webhook_secret=whsec_...           the source's webhook secret
#   spool=/var/spool/recordingplatform where sessions are noted; Jibri's user must be able to write it
#   after=keep                         or remove: media that the platform has confirmed
#   retry_seconds=30                   the first pause after a failure; it doubles up to an hour
#
# Needs sh, curl, awk, sed, find, od, base64, flock, and sha256sum or openssl.

set -u
umask 077
LC_ALL=C
export LC_ALL

config=${RP_CONFIG:-/etc/recordingplatform/jibri.conf}
url='' source='' api_key='' webhook_secret=''
spool=/var/spool/recordingplatform
after=keep
retry_seconds=30
most_seconds=3600
log_bytes=1048576
metadata_bytes=1048576

# Ids, sizes and status codes: names of rooms and people stay out of the log.
log() {
    [ -t 2 ] && printf '%s\n' "$*" >&2
    [ -d "$spool" ] && printf '%s %s\n' "$(date -u '+%Y-%m-%dT%H:%M:%SZ')" "$*" >>"$spool/log"
    return 0
}

die() {
    printf 'jibri-finalize: %s\n' "$*" >&2
    log "$*"
    exit 1
}

read_settings() {
    [ -r "$config" ] || die "cannot read the settings in $config"
    while IFS= read -r line || [ -n "$line" ]; do
        case $line in
            '' | '#'*) continue ;;
            *=*) ;;
            *) die "$config holds a line that is no name=value" ;;
        esac
        value=${line#*=}
        case ${line%%=*} in
            url) url=${value%/} ;;
            source) source=$value ;;
            api_key) api_key=$value ;;
            webhook_secret) webhook_secret=$value ;;
            spool) spool=${value%/} ;;
            after) after=$value ;;
            retry_seconds) retry_seconds=$value ;;
            *) die "$config holds a setting that is not known: ${line%%=*}" ;;
        esac
    done <"$config"
    case $url in https://?* | http://?*) ;; *) die "$config: url is the address of the platform's API, as https://recordings.example" ;; esac
    case $source in '' | *[!A-Za-z0-9._-]*) die "$config: source is the name of the source on the platform" ;; esac
    case $api_key in '' | *[!A-Za-z0-9._-]*) die "$config: api_key is a key of scope ingest:$source" ;; esac
    case $webhook_secret in whsec_?*) ;; *) die "$config: webhook_secret is the source's webhook secret, whsec_..." ;; esac
    case $spool in /?*) ;; *) die "$config: spool is an absolute path" ;; esac
    case $after in keep | remove) ;; *) die "$config: after is keep or remove" ;; esac
    case $retry_seconds in '' | *[!0-9]* | 0) die "$config: retry_seconds is a number from 1" ;; esac
}

check_programs() {
    for program in curl awk sed find od base64 flock; do
        command -v "$program" >/dev/null 2>&1 || die "$program is not installed"
    done
    command -v sha256sum >/dev/null 2>&1 || command -v openssl >/dev/null 2>&1 || die "neither sha256sum nor openssl is installed"
}

# Of standard input, in hexadecimal: so no name is ever an argument or an option.
sha256() {
    if command -v sha256sum >/dev/null 2>&1; then
        sha256sum | cut -c1-64
    else
        openssl dgst -sha256 -r | cut -c1-64
    fi
}

hex() { od -An -v -tx1 | tr -d ' \n'; }

# Writes a file whole or not at all.
write() {
    cat >"$1.new" && mv -f "$1.new" "$1"
}

# --- Standard Webhooks: HMAC-SHA256 by hand, because a key among a program's arguments is seen by everybody. ---

# $1 bytes in hexadecimal, padded to $2 bytes, each xor $3, as escapes for printf %b.
escaped() {
    rest=$1 left=$2 escapes=''
    while [ "$left" -gt 0 ]; do
        byte=${rest%"${rest#??}"}
        rest=${rest#??}
        value=$((0x${byte:-00} ^ $3))
        escapes="$escapes\\0$((value >> 6))$((value >> 3 & 7))$((value & 7))"
        left=$((left - 1))
    done
}

# Signs standard input with the webhook secret, in base64.
signature() {
    key=$(printf '%s' "${webhook_secret#whsec_}" | base64 -d 2>/dev/null | hex)
    escaped "$key" 64 0x36
    inner=$({ printf '%b' "$escapes" && cat; } | sha256)
    escaped "$key" 64 0x5c
    outer=$escapes
    escaped "$inner" 32 0
    signed=$({ printf '%b' "$outer" && printf '%b' "$escapes"; } | sha256)
    escaped "$signed" 32 0
    printf '%b' "$escapes" | base64
}

# --- What is sent ---

# The API key goes in by standard input, for the same reason.
api() {
    printf 'header = "X-Api-Key: %s"\n' "$api_key" |
        curl -q -K - --silent --globoff --proto '=http,https' --connect-timeout 15 --speed-limit 1 --speed-time 120 "$@" 2>/dev/null
}

# Every byte as %xx: a room may be called anything.
encoded() { printf '%s' "$1" | hex | sed 's/../%&/g'; }

# As JSON text, with what no page can show replaced as the platform does.
json_text() { printf '%s' "$1" | tr '\001-\037\177' '[_*]' | sed 's/[\\"]/\\&/g'; }

# A header's value in the answer that curl wrote to $1.
header() { tr -d '\r' <"$1" | tr '[:upper:]' '[:lower:]' | sed -n "s/^$2: *//p" | tail -n 1; }

field() { sed -n "s/.*\"$2\": *\"\{0,1\}\([0-9a-f-]*\).*/\1/p" "$1" | head -n 1; }

# Of metadata.json only who took part, and of them only name, identity and email: whoever starts a recording may have hung
# credentials beside. Nothing when it is missing or no JSON.
participants() {
    [ -f "$1" ] && [ ! -L "$1" ] && [ "$(wc -c <"$1")" -le "$metadata_bytes" ] || return 0
    awk '
        { json = json $0 "\n" }
        END { at = 1; value(0, ""); space(); if (!bad && at > length(json)) printf "%s", people }
        function space() { while (substr(json, at, 1) ~ /[ \t\r\n]/) at++ }
        function text(   from, c) {
            from = at++
            while ((c = substr(json, at, 1)) != "\"") {
                if (c == "" || c < " ") { bad = 1; return "" }
                at += c == "\\" ? 2 : 1
            }
            at++
            return substr(json, from, at - from)
        }
        function value(depth, place,   c, token) {
            if (bad || depth > 64) { bad = 1; return }
            space(); c = substr(json, at, 1)
            if (c == "{") object(depth, place)
            else if (c == "[") list(depth, place)
            else if (c == "\"") {
                token = text()
                if (place == "person") add(token, token, "")
                else if (place ~ /^(name|display_name|displayName)$/) { if (name == "") name = token }
                else if (place == "identity") identity = token
                else if (place == "id") { if (identity == "") identity = token }
                else if (place == "email") email = token
            }
            else {
                token = at
                while (substr(json, at, 1) ~ /[-+.0-9A-Za-z]/) at++
                if (at == token) bad = 1
            }
        }
        function list(depth, place,   c) {
            at++; space()
            if (substr(json, at, 1) == "]") { at++; return }
            while (!bad) {
                if (place == "participants") { name = identity = email = ""; value(depth + 1, "person"); if (name identity email != "") add(name, identity, email); name = identity = email = "" }
                else value(depth + 1, "")
                space(); c = substr(json, at++, 1)
                if (c == "]") return
                if (c != ",") bad = 1
            }
        }
        function object(depth, place,   c, key, inner) {
            at++; space()
            if (substr(json, at, 1) == "}") { at++; return }
            while (!bad) {
                space(); if (substr(json, at, 1) != "\"") { bad = 1; return }
                key = text(); key = substr(key, 2, length(key) - 2)
                space(); if (substr(json, at++, 1) != ":") { bad = 1; return }
                inner = ""
                if (depth == 0 && key == "participants") inner = "participants"
                else if (place == "person" && key == "user") inner = "user"
                else if ((place == "person" || place == "user") && key ~ /^(name|display_name|displayName|identity|id|email)$/) inner = key
                value(depth + 1, inner)
                space(); c = substr(json, at++, 1)
                if (c == "}") return
                if (c != ",") bad = 1
            }
        }
        function add(name, identity, email,   one) {
            if (name identity email ~ /eyJ[A-Za-z0-9_-]+\./ || length(name identity email) > 1024 || ++count > 1000) return
            one = name == "" ? "" : "\"name\":" name
            if (identity != "") one = one (one == "" ? "" : ",") "\"identity\":" identity
            if (email != "") one = one (one == "" ? "" : ",") "\"email\":" email
            people = people (people == "" ? "" : ",") "{" one "}"
        }
    ' <"$1" 2>/dev/null
}

# --- One file ---

# Has the platform confirm that it holds $file; sets sha and size.
confirm() {
    size=$(($(wc -c <"$file")))
    sha=$(sha256 <"$file")
    target=$url/api/v1/ingest/$source/media/$(encoded "${directory##*/}")/$(encoded "${file##*/}")
    status=$(api --head --max-time 60 --dump-header "$state/head" --output /dev/null --write-out '%{http_code}' "$target")
    case $status in
        200) confirmed_sha=$(header "$state/head" x-content-sha256) confirmed_size=$(header "$state/head" content-length) ;;
        404)
            status=$(api --upload-file "$file" --header "X-Content-SHA256: $sha" --header 'Content-Type: application/octet-stream' \
                --output "$state/answer" --write-out '%{http_code}' "$target")
            case $status in
                200 | 201) confirmed_sha=$(field "$state/answer" sha256) confirmed_size=$(field "$state/answer" file_size_bytes) ;;
                *) log "$id: the platform answered $status to a file of $size bytes; it is kept and pushed again"; return 1 ;;
            esac
            ;;
        *) log "$id: the platform answered $status when it was asked for a file of $size bytes; it is kept and asked for again"; return 1 ;;
    esac
    if [ "$confirmed_sha" != "$sha" ] || [ "$confirmed_size" != "$size" ]; then
        log "$id: the platform holds another file than the one of $size bytes here; it is kept"
        return 1
    fi
    printf '%s %s\n' "$sha" "$size" | write "$state/$key.confirmed"
}

# Reports $file, with the same webhook-id however often it is sent.
report() {
    list=$(participants "$directory/metadata.json")
    path=$directory/${file##*/}
    send_report "$list" && return 0
    # What was not pushed has to lie where the platform reads, which need not be called there as it is here.
    if [ "$status" = 400 ] && [ "$size" = 0 ]; then
        path=${directory##*/}/${file##*/}
        send_report "$list" && return 0
    fi
    # Rather a report without the list than none, when it is the list that cannot be read.
    [ "$status" = 400 ] && [ -n "$list" ] && send_report ''
}

send_report() {
    printf '{"event":"recording_completed","recording_name":"%s","storage_path":"%s","file_size_bytes":%s,"participants":[%s]}' \
        "$(json_text "${file##*/}")" "$(json_text "$path")" "$size" "$1" | write "$state/report"
    message=msg_$(printf '%s' "$source $key $sha" | sha256 | cut -c1-32)
    now=$(date +%s)
    signed=$({ printf '%s.%s.' "$message" "$now" && cat "$state/report"; } | signature)
    status=$(curl -q --silent --globoff --proto '=http,https' --connect-timeout 15 --max-time 60 --output /dev/null --write-out '%{http_code}' \
        --header 'Content-Type: application/json' --header "webhook-id: $message" --header "webhook-timestamp: $now" --header "webhook-signature: v1,$signed" \
        --data-binary "@$state/report" "$url/webhooks/jibri" 2>/dev/null)
    rm -f "$state/report"
    case $status in
        2??) printf '%s\n' "$sha" | write "$state/$key.reported" ;;
        *) log "$id: the platform answered $status to the report; it is sent again"; return 1 ;;
    esac
}

is_media() {
    [ -f "$1" ] && [ ! -L "$1" ] || return 1
    case $1 in
        *.[mM][pP]4 | *.[mM]4[aA] | *.[mM]4[vV] | *.[mM][oO][vV] | *.[mM][kK][vV] | *.[wW][eE][bB][mM] | *.[mM][pP]3 | *.[wW][aA][vV] | *.[oO][gG][gG] | *.[oO][pP][uU][sS] | *.[fF][lL][aA][cC] | *.[aA][aA][cC] | *.[fF][lL][vV]) return 0 ;;
    esac
    return 1
}

hand_in() {
    key=$(printf '%s' "${directory##*/}/${file##*/}" | sha256 | cut -c1-32)
    if [ -s "$file" ]; then
        confirm || return 1
    else
        # There is nothing to push: that nothing was recorded is known by its report.
        size=0 sha=$(sha256 </dev/null)
        log "$id: a file has no byte, and is only reported"
    fi
    if [ "$(cat "$state/$key.reported" 2>/dev/null)" != "$sha" ]; then
        report || return 1
    fi
    [ "$after" = remove ] && [ "$size" != 0 ] || return 0
    # Whoever wrote to it since has made it another file than the one that was confirmed.
    if [ "$(cat "$state/$key.confirmed")" = "$sha $size" ] && [ "$(sha256 <"$file")" = "$sha" ]; then
        : >"$state/removes"
        rm -f -- "$file"
        log "$id: removed a file of $size bytes that the platform has confirmed"
    fi
}

# --- One session ---

session() {
    directory=$(cat "$job" && printf x)
    directory=${directory%x}
    # Moved, or removed after it was handed in.
    [ -d "$directory" ] || { log "$id: its directory is gone"; return 0; }
    failed=0 left=0
    for file in "$directory"/*; do
        is_media "$file" || continue
        hand_in || failed=1
        if [ -e "$file" ]; then left=1; fi
    done
    if [ "$after" = remove ] && [ -e "$state/removes" ] && [ "$left" = 0 ]; then
        rm -f -- "$directory/metadata.json"
        rmdir -- "$directory" 2>/dev/null || log "$id: its directory holds more than media and was left"
    fi
    return "$failed"
}

run_job() {
    id=${job##*/}
    state=$spool/state/$id
    mkdir -p "$state"
    next=$(cat "$state/next" 2>/dev/null)
    [ "$(date +%s)" -ge "${next:-0}" ] || return 1
    if session; then
        rm -f "$job"
        rm -rf "$state"
        log "$id: handed in"
        return 0
    fi
    tries=$(cat "$state/tries" 2>/dev/null)
    tries=${tries:-0}
    pause=$retry_seconds doublings=$tries
    while [ "$doublings" -gt 0 ] && [ "$pause" -lt "$most_seconds" ]; do
        pause=$((pause * 2)) doublings=$((doublings - 1))
    done
    [ "$pause" -le "$most_seconds" ] || pause=$most_seconds
    # Jibris that lost the platform together do not come back together.
    jitter=$(($(od -An -N2 -tu2 /dev/urandom) % (pause / 2 + 1)))
    printf '%s\n' "$((tries + 1))" | write "$state/tries"
    printf '%s\n' "$(($(date +%s) + (pause + 1) / 2 + jitter))" | write "$state/next"
    return 1
}

work_off() {
    mkdir -p "$spool/jobs" "$spool/state" || die "cannot write $spool"
    exec 9>"$spool/lock"
    # A moment's patience: who holds it may have looked just before this session was noted. The kernel frees it when we die.
    flock -w 2 9 || return 0
    if [ -f "$spool/log" ] && [ "$(wc -c <"$spool/log")" -gt "$log_bytes" ]; then mv -f "$spool/log" "$spool/log.1"; fi
    for state in "$spool"/state/*; do
        [ -e "$spool/jobs/${state##*/}" ] || rm -rf "$state"
    done
    worked=1
    while [ "$worked" = 1 ]; do
        worked=0
        for job in "$spool"/jobs/*; do
            case $job in *.new) continue ;; esac
            [ -f "$job" ] || continue
            if run_job; then worked=1; fi
        done
    done
}

note() {
    directory=$1
    case $directory in /*) ;; *) directory=$PWD/$directory ;; esac
    while [ "${directory%/}" != "$directory" ]; do directory=${directory%/}; done
    [ -d "$directory" ] || die "the session directory is not there"
    mkdir -p "$spool/jobs" "$spool/state" || die "cannot write $spool"
    printf '%s' "$directory" | write "$spool/jobs/$(printf '%s' "$directory" | sha256)" || die "cannot write $spool"
    # Jibri waits for this script, not for the upload.
    if command -v setsid >/dev/null 2>&1; then
        setsid "$0" --spool </dev/null >/dev/null 2>&1 &
    else
        "$0" --spool </dev/null >/dev/null 2>&1 &
    fi
}

check() {
    mkdir -p "$spool/jobs" "$spool/state" || die "cannot write $spool"
    [ -n "$(find "$config" -perm -004 2>/dev/null)" ] && printf 'Everybody may read %s, which holds secrets: chmod o-r it.\n' "$config"
    [ -n "$(printf '%s' "${webhook_secret#whsec_}" | base64 -d 2>/dev/null | hex)" ] || die "$config: webhook_secret is no base64 after whsec_"
    status=$(api --head --max-time 60 --output /dev/null --write-out '%{http_code}' "$url/api/v1/ingest/$source/media/check/check.mp4")
    case $status in
        200 | 404) printf 'The platform answers and takes the key.\n' ;;
        000) die "$url does not answer" ;;
        *) die "the platform answered $status: compare url, source and api_key" ;;
    esac
}

[ "$#" = 1 ] || { printf 'usage: jibri-finalize.sh <session directory> | --spool | --check\n' >&2; exit 2; }
read_settings
check_programs
case $1 in
    --spool) work_off ;;
    --check) check ;;
    *) note "$1" ;;
esac
